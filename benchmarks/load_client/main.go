// Command loadclient asks an HTTP server a list of requests over and over on a number of connections, and prints what
// came of it as one JSON object. Each connection waits for its answer before it asks again. With -rate requests are due
// at even times, a connection that is free asks the next one, and a latency counts from when its request was due.
//
// It costs some 25 µs of CPU a request, most of it in the kernel, so that the server is what is measured: requests are
// encoded once, and an answer is read no further than its status, its length and its end. With -answers it also tells
// which answers there were to which request (see answers.go), which costs some more.
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
	"sync"
	"sync/atomic"
	"time"
)

type request struct {
	kind string
	sent []byte
}

type plan struct {
	address  string
	requests []request
	begin    time.Time // of the time before the one that is measured
	warmUp   time.Time
	end      time.Time
	rate     float64 // requests a second; 0: as fast as answers come
	answers  bool
	next     atomic.Int64
}

var firstFailure atomic.Value

func main() {
	address := flag.String("address", "127.0.0.1:8080", "host:port of the server")
	requests := flag.String("requests", "", "file of requests, asked in turn: a line each of KIND, PATH and JSON body, with tabs between")
	connections := flag.Int("connections", 16, "connections")
	seconds := flag.Float64("seconds", 3, "time that is measured")
	warmUp := flag.Float64("warm-up", 0.5, "time before it that is not")
	rate := flag.Float64("rate", 0, "requests a second (0: as fast as answers come)")
	answers := flag.Bool("answers", false, "tell which answers there were")
	flag.Parse()
	runtime.GOMAXPROCS(1)

	content, err := os.ReadFile(*requests)
	if err != nil {
		fail(err)
	}
	encoded, err := encode(*address, bytes.Split(bytes.TrimSpace(content), []byte("\n")))
	if err != nil {
		fail(err)
	}
	begin := time.Now()
	measured := begin.Add(duration(*warmUp))
	chosen := &plan{
		address:  *address,
		requests: encoded,
		begin:    begin,
		warmUp:   measured,
		end:      measured.Add(duration(*seconds)),
		rate:     *rate,
		answers:  *answers,
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

func fail(err error) {
	fmt.Fprintln(os.Stderr, err)
	os.Exit(1)
}

func duration(seconds float64) time.Duration {
	return time.Duration(seconds * float64(time.Second))
}

func encode(address string, lines [][]byte) ([]request, error) {
	requests := make([]request, 0, len(lines))
	for number, line := range lines {
		parts := bytes.SplitN(line, []byte("\t"), 3)
		if len(parts) != 3 {
			return nil, fmt.Errorf("request %d: a kind, a path and a body are needed, with tabs between", number)
		}
		head := fmt.Sprintf(
			"POST %s HTTP/1.1\r\nHost: %s\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n",
			parts[1], address, len(parts[2]))
		requests = append(requests, request{string(parts[0]), append([]byte(head), parts[2]...)})
	}
	return requests, nil
}

// turn waits until the next request of a connection is due, and tells its place in the list and since when.
func (p *plan) turn(number, asked int) (place int, due time.Time) {
	if p.rate == 0 {
		return (number + asked) % len(p.requests), time.Now()
	}
	turn := p.next.Add(1) - 1
	due = p.begin.Add(duration(float64(turn) / p.rate))
	if due.Before(p.end) {
		time.Sleep(time.Until(due))
	}
	return int(turn % int64(len(p.requests))), due
}

// counts says whether an answer is of the measured time. As fast as answers come it is the one in which it ended,
// whenever it began, so that slow ones are not lost.
func (p *plan) counts(due, ended time.Time) bool {
	if p.rate > 0 {
		return !due.Before(p.warmUp)
	}
	return ended.After(p.warmUp) && ended.Before(p.end)
}

// ask keeps one connection busy until the end, and opens another where the server closed it.
func (p *plan) ask(number int) tally {
	found := newTally()
	var connection net.Conn
	var reader *bufio.Reader
	var content bytes.Buffer
	for asked := 0; ; asked++ {
		place, due := p.turn(number, asked)
		if !due.Before(p.end) {
			break
		}
		if connection == nil {
			opened, err := net.Dial("tcp", p.address)
			if err != nil {
				found.fail(err, p.warmUp)
				time.Sleep(time.Millisecond)
				continue
			}
			connection, reader = opened, bufio.NewReader(opened)
		}
		status, closes, err := p.exchange(connection, reader, p.requests[place].sent, &content)
		ended := time.Now()
		if err != nil {
			found.fail(err, p.warmUp)
		} else {
			if p.counts(due, ended) {
				found.count(p.requests[place].kind, status, ended.Sub(due))
			}
			if p.answers {
				found.keep(place, status, content.Bytes())
			}
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

func (p *plan) exchange(
	connection net.Conn, reader *bufio.Reader, sent []byte, content *bytes.Buffer,
) (int, bool, error) {
	if err := connection.SetDeadline(time.Now().Add(30 * time.Second)); err != nil {
		return 0, true, err
	}
	if _, err := connection.Write(sent); err != nil {
		return 0, true, err
	}
	answer, err := http.ReadResponse(reader, nil)
	if err != nil {
		return 0, true, err
	}
	content.Reset()
	if p.answers {
		_, err = content.ReadFrom(answer.Body)
	} else {
		_, err = io.Copy(io.Discard, answer.Body)
	}
	return answer.StatusCode, answer.Close, err
}
