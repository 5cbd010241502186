package main

import "bytes"

type answerKey struct {
	request int
	status  int
	text    string
}

type answer struct {
	Request int    `json:"request"` // its place in the list, from 0
	Status  int    `json:"status"`
	Text    string `json:"text"`
	Count   int    `json:"count"`
}

// Values that no two answers share, and the server's clock.
var ownFields = [][]byte{[]byte(`"id":"`), []byte(`"audit_id":"`), []byte(`"request_id":"`), []byte(`"as_of":"`)}

// keep counts an answer, in the warm-up too. Its own fields are kept as empty texts.
func (t *tally) keep(place, status int, content []byte) {
	for _, field := range ownFields {
		content = emptied(content, field)
	}
	t.answers[answerKey{place, status, string(content)}]++
}

// emptied cuts the text of the first field of that name out, in place.
func emptied(content, field []byte) []byte {
	begin := bytes.Index(content, field)
	if begin < 0 {
		return content
	}
	begin += len(field)
	length := bytes.IndexByte(content[begin:], '"')
	if length < 0 {
		return content
	}
	return append(content[:begin], content[begin+length:]...)
}

func listed(counts map[answerKey]int) []answer {
	all := make([]answer, 0, len(counts))
	for key, count := range counts {
		all = append(all, answer{key.request, key.status, key.text, count})
	}
	return all
}
