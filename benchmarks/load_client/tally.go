package main

import (
	"sort"
	"strconv"
	"time"
)

type tally struct {
	statuses  map[int]int
	failures  int                        // no whole answer: refused, cut off, or not HTTP
	closed    int                        // answers after which the server closed the connection
	latencies map[string][]time.Duration // by kind
	answers   map[answerKey]int
}

type figures struct {
	Requests int     `json:"requests"`
	P50      float64 `json:"p50_seconds"`
	P99      float64 `json:"p99_seconds"`
}

type report struct {
	figures
	Seconds  float64            `json:"seconds"`
	Statuses map[string]int     `json:"statuses"`
	Failures int                `json:"failures"`
	Closed   int                `json:"closed"`
	Failure  string             `json:"failure,omitempty"`
	Kinds    map[string]figures `json:"kinds"`
	Answers  []answer           `json:"answers,omitempty"`
}

func newTally() tally {
	return tally{statuses: map[int]int{}, latencies: map[string][]time.Duration{}, answers: map[answerKey]int{}}
}

func (t *tally) count(kind string, status int, latency time.Duration) {
	t.statuses[status]++
	t.latencies[kind] = append(t.latencies[kind], latency)
}

func (t *tally) fail(err error, warmUp time.Time) {
	firstFailure.CompareAndSwap(nil, err.Error())
	if time.Now().After(warmUp) {
		t.failures++
	}
}

func summed(tallies []tally, seconds float64) report {
	all := report{Seconds: seconds, Statuses: map[string]int{}, Kinds: map[string]figures{}}
	var latencies []time.Duration
	byKind := map[string][]time.Duration{}
	answers := map[answerKey]int{}
	for _, one := range tallies {
		for kind, some := range one.latencies {
			latencies = append(latencies, some...)
			byKind[kind] = append(byKind[kind], some...)
		}
		all.Failures += one.failures
		all.Closed += one.closed
		for status, count := range one.statuses {
			all.Statuses[strconv.Itoa(status)] += count
		}
		for key, count := range one.answers {
			answers[key] += count
		}
	}
	all.figures = figuresOf(latencies)
	for kind, some := range byKind {
		all.Kinds[kind] = figuresOf(some)
	}
	all.Answers = listed(answers)
	if said, failed := firstFailure.Load().(string); failed {
		all.Failure = said
	}
	return all
}

func figuresOf(latencies []time.Duration) figures {
	sort.Slice(latencies, func(i, j int) bool { return latencies[i] < latencies[j] })
	return figures{len(latencies), quantile(latencies, 0.5), quantile(latencies, 0.99)}
}

func quantile(sorted []time.Duration, part float64) float64 {
	if len(sorted) == 0 {
		return 0
	}
	return sorted[int(part*float64(len(sorted)-1))].Seconds()
}
