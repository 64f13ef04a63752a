package swarm

import (
	"bytes"
	"errors"
	"strconv"
	"time"
)

// maxAnswer bounds an answer, headers and body.
const maxAnswer = 64 << 10

// errAnswer is any answer that cannot be understood.
var errAnswer = errors.New("the answer is no HTTP/1.1 that is understood here")

// answer is what is read of an HTTP response.
type answer struct {
	status     int
	retryAfter int64 // ns; 0: none
	nextMS     int64 // of a heartbeat's ack; 0: none
	close      bool  // the server will close the connection
	length     int   // of the whole, in bytes
}

// parseAnswer reads one response from the beginning of buf. It is not whole
// when more has to be read; with eof nothing more will come, which is the end of
// a response without a length, and an error in any other.
func parseAnswer(buf []byte, eof bool) (a answer, whole bool, err error) {
	for {
		head := bytes.Index(buf[a.length:], []byte("\r\n\r\n"))
		if head < 0 {
			if eof || len(buf) > maxAnswer {
				return a, false, errAnswer
			}
			return a, false, nil
		}
		head += a.length + 4
		h, err := parseHead(buf[a.length:head])
		if err != nil {
			return a, false, err
		}
		if h.status >= 100 && h.status < 200 { // "continue", and then the answer
			a.length = head
			continue
		}
		a.status, a.retryAfter, a.close = h.status, h.retryAfter, h.close
		body, length, whole, err := parseBody(buf[head:], h, eof)
		if err != nil || !whole {
			if err == nil && (eof || len(buf) > maxAnswer) {
				err = errAnswer
			}
			return a, false, err
		}
		a.length = head + length
		a.nextMS = nextMS(body)
		return a, true, nil
	}
}

// head is what the status line and the headers say.
type head struct {
	status     int
	length     int // -1: not said
	retryAfter int64
	chunked    bool
	close      bool
}

func parseHead(text []byte) (head, error) {
	h := head{length: -1}
	if len(text) < len("HTTP/1.1 200\r\n") || string(text[:7]) != "HTTP/1." {
		return h, errAnswer
	}
	h.close = text[7] == '0'
	status, ok := number(text[9:12])
	if !ok || text[8] != ' ' || status < 100 {
		return h, errAnswer
	}
	h.status = int(status)
	for line := bytes.IndexByte(text, '\n') + 1; line < len(text); {
		end := line + bytes.IndexByte(text[line:], '\n')
		if err := h.line(text[line:end]); err != nil {
			return h, err
		}
		line = end + 1
	}
	return h, nil
}

// line reads one header; most are passed over by their first letter.
func (h *head) line(text []byte) error {
	if len(text) == 0 {
		return errAnswer
	}
	switch text[0] | 0x20 {
	case 'c':
		if v, ok := header(text, "content-length"); ok {
			n, ok := number(v)
			if !ok || n > maxAnswer {
				return errAnswer
			}
			h.length = int(n)
		} else if v, ok := header(text, "connection"); ok {
			h.close = bytes.EqualFold(v, []byte("close"))
		}
	case 'r':
		if v, ok := header(text, "retry-after"); ok {
			h.retryAfter = retryAfter(v)
		}
	case 't':
		if v, ok := header(text, "transfer-encoding"); ok {
			h.chunked = bytes.EqualFold(v, []byte("chunked"))
		}
	}
	return nil
}

// header is the value of the line if it has that name, given in lower case.
func header(line []byte, name string) (value []byte, ok bool) {
	if len(line) <= len(name) || line[len(name)] != ':' {
		return nil, false
	}
	for i := range len(name) {
		if c := line[i]; c != name[i] && c|0x20 != name[i] {
			return nil, false
		}
	}
	return bytes.TrimSpace(line[len(name)+1:]), true
}

// parseBody finds the body at the beginning of buf, and its length there.
func parseBody(buf []byte, h head, eof bool) (body []byte, length int, whole bool, err error) {
	switch {
	case h.status == 204 || h.status == 304:
		return nil, 0, true, nil
	case h.chunked:
		return parseChunks(buf)
	case h.length >= 0:
		if len(buf) < h.length {
			return nil, 0, false, nil
		}
		return buf[:h.length], h.length, true, nil
	}
	return buf, len(buf), eof, nil
}

// parseChunks puts a chunked body together. Rare: servers know how long their
// short answers are.
func parseChunks(buf []byte) (body []byte, length int, whole bool, err error) {
	for {
		end := bytes.Index(buf[length:], []byte("\r\n"))
		if end < 0 {
			return nil, 0, false, nil
		}
		size, _, _ := bytes.Cut(buf[length:length+end], []byte(";"))
		n, err := strconv.ParseUint(string(bytes.TrimSpace(size)), 16, 32)
		if err != nil || n > maxAnswer {
			return nil, 0, false, errAnswer
		}
		length += end + 2
		if n == 0 {
			return parseTrailer(buf, body, length)
		}
		if len(buf) < length+int(n)+2 {
			return nil, 0, false, nil
		}
		body = append(body, buf[length:length+int(n)]...)
		length += int(n) + 2
	}
}

// parseTrailer passes over the lines after the last chunk, the empty one with.
func parseTrailer(buf, body []byte, length int) ([]byte, int, bool, error) {
	for {
		end := bytes.Index(buf[length:], []byte("\r\n"))
		if end < 0 {
			return nil, 0, false, nil
		}
		length += end + 2
		if end == 0 {
			return body, length, true, nil
		}
	}
}

// nextMS finds the interval that an ack grants, 0 when it grants none.
func nextMS(body []byte) int64 {
	const key = `"next_ms":`
	at := bytes.Index(body, []byte(key))
	if at < 0 {
		return 0
	}
	text := bytes.TrimLeft(body[at+len(key):], " ")
	end := 0
	for end < len(text) && text[end] >= '0' && text[end] <= '9' {
		end++
	}
	n, _ := number(text[:end])
	return n
}

// retryAfter reads seconds; the other form, a date, is not in use between our
// programs and counts as none.
func retryAfter(text []byte) int64 {
	n, ok := number(text)
	if !ok {
		return 0
	}
	return min(n, int64(24*time.Hour/time.Second)) * second
}

// number reads a few decimal digits and nothing else.
func number(text []byte) (int64, bool) {
	if len(text) == 0 || len(text) > 15 {
		return 0, false
	}
	var n int64
	for _, c := range text {
		if c < '0' || c > '9' {
			return 0, false
		}
		n = n*10 + int64(c-'0')
	}
	return n, true
}
