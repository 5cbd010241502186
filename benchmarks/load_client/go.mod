module loadclient

go 1.21
