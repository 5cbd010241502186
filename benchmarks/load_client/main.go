// Command loadclient asks an HTTP server the same kind of request over and over on a number of connections, each of
// which waits for its answer before it asks again, and prints what came of it as one JSON object.
//
// It costs some 50 µs of CPU a request, most of it in the kernel, so that the server is what is measured: requests are
// encoded once, and an answer is read no further than its status, its length and its end.
package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"runtime"
	"sort"
	"strconv"
	"sync"
	"sync/atomic"
	"time"
)

type plan struct {
	address  string
	requests [][]byte
	warmUp   time.Time
	end      time.Time
}

type tally struct {
	statuses  map[int]int
	failures  int // no whole answer: refused, cut off, or not HTTP
	closed    int // answers after which the server closed the connection
	latencies []time.Duration
}

type report struct {
	Requests int            `json:"requests"`
	Seconds  float64        `json:"seconds"`
	Statuses map[string]int `json:"statuses"`
	Failures int            `json:"failures"`
	Closed   int            `json:"closed"`
	P50      float64        `json:"p50_seconds"`
	P99      float64        `json:"p99_seconds"`
	Failure  string         `json:"failure,omitempty"`
}

var firstFailure atomic.Value

func main() {
	address := flag.String("address", "127.0.0.1:8080", "host:port of the server")
	path := flag.String("path", "/", "path of the request")
	bodies := flag.String("bodies", "", "file of JSON bodies, one a line, asked in turn")
	connections := flag.Int("connections", 16, "connections")
	seconds := flag.Float64("seconds", 3, "time that is measured")
	warmUp := flag.Float64("warm-up", 0.5, "time before it that is not")
	flag.Parse()
	runtime.GOMAXPROCS(1)

	content, err := os.ReadFile(*bodies)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	begin := time.Now().Add(time.Duration(*warmUp * float64(time.Second)))
	chosen := plan{
		address:  *address,
		requests: encoded(*address, *path, bytes.Split(bytes.TrimSpace(content), []byte("\n"))),
		warmUp:   begin,
		end:      begin.Add(time.Duration(*seconds * float64(time.Second))),
	}
	tallies := make([]tally, *connections)
	var running sync.WaitGroup
	for number := range tallies {
		running.Add(1)
		go func(number int) {
			defer running.Done()
			tallies[number] = chosen.ask(number)
		}(number)
	}
	running.Wait()
	if err := json.NewEncoder(os.Stdout).Encode(summed(tallies, *seconds)); err != nil {
		os.Exit(1)
	}
}

func encoded(address, path string, bodies [][]byte) [][]byte {
	requests := make([][]byte, 0, len(bodies))
	for _, body := range bodies {
		head := fmt.Sprintf(
			"POST %s HTTP/1.1\r\nHost: %s\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n",
			path, address, len(body))
		requests = append(requests, append([]byte(head), body...))
	}
	return requests
}

// ask keeps one connection busy until the end, and opens another where the server closed it.
func (p *plan) ask(number int) tally {
	found := tally{statuses: map[int]int{}}
	var connection net.Conn
	var reader *bufio.Reader
	for turn := number; time.Now().Before(p.end); turn++ {
		if connection == nil {
			opened, err := net.Dial("tcp", p.address)
			if err != nil {
				found.fail(err, p.warmUp)
				time.Sleep(time.Millisecond)
				continue
			}
			connection, reader = opened, bufio.NewReader(opened)
		}
		began := time.Now()
		status, closes, err := exchange(connection, reader, p.requests[turn%len(p.requests)])
		ended := time.Now()
		if err != nil {
			found.fail(err, p.warmUp)
		} else if ended.After(p.warmUp) && ended.Before(p.end) { // whenever it began: slow answers count too
			found.statuses[status]++
			found.latencies = append(found.latencies, ended.Sub(began))
		}
		if closes || err != nil {
			found.closed++
			connection.Close()
			connection = nil
		}
	}
	if connection != nil {
		connection.Close()
	}
	return found
}

func (t *tally) fail(err error, warmUp time.Time) {
	firstFailure.CompareAndSwap(nil, err.Error())
	if time.Now().After(warmUp) {
		t.failures++
	}
}

func exchange(connection net.Conn, reader *bufio.Reader, request []byte) (int, bool, error) {
	if err := connection.SetDeadline(time.Now().Add(30 * time.Second)); err != nil {
		return 0, true, err
	}
	if _, err := connection.Write(request); err != nil {
		return 0, true, err
	}
	answer, err := http.ReadResponse(reader, nil)
	if err != nil {
		return 0, true, err
	}
	_, err = io.Copy(io.Discard, answer.Body)
	return answer.StatusCode, answer.Close, err
}

func summed(tallies []tally, seconds float64) report {
	all := report{Seconds: seconds, Statuses: map[string]int{}}
	var latencies []time.Duration
	for _, one := range tallies {
		latencies = append(latencies, one.latencies...)
		all.Failures += one.failures
		all.Closed += one.closed
		for status, count := range one.statuses {
			all.Statuses[strconv.Itoa(status)] += count
		}
	}
	sort.Slice(latencies, func(i, j int) bool { return latencies[i] < latencies[j] })
	all.Requests = len(latencies)
	all.P50, all.P99 = quantile(latencies, 0.5), quantile(latencies, 0.99)
	if said, failed := firstFailure.Load().(string); failed {
		all.Failure = said
	}
	return all
}

func quantile(sorted []time.Duration, part float64) float64 {
	if len(sorted) == 0 {
		return 0
	}
	return sorted[int(part*float64(len(sorted)-1))].Seconds()
}
