package hive

import (
	"errors"
	"net/http"
	"syscall"
	"time"

	"rbee/internal/queenclient"
	"rbee/internal/wire"
)

// verdict is what a queen's answer to a heartbeat means.
type verdict int

const (
	accepted   verdict = iota // 200
	unknown                   // 400, 404, nobody listens: this queen has just started
	turnedAway                // 401, 403, 409, 421: repeating at once will not help
	failed                    // everything else
)

// judge decides by the status code and errors.Is, never by words.
func judge(err error) verdict {
	switch queenclient.Status(err) {
	case http.StatusOK:
		return accepted // a 200 is one, whatever its body
	case http.StatusBadRequest, http.StatusNotFound:
		return unknown
	case http.StatusUnauthorized, http.StatusForbidden, http.StatusConflict, http.StatusMisdirectedRequest:
		return turnedAway
	}
	switch {
	case err == nil:
		return accepted
	case errors.Is(err, syscall.ECONNREFUSED):
		return unknown
	}
	return failed
}

// answered tells whether a queen spoke: a status other than those with which a
// gateway says that there is none behind it.
func answered(err error) bool {
	switch queenclient.Status(err) {
	case 0:
		return err == nil
	case http.StatusBadGateway, http.StatusGatewayTimeout:
		return false
	}
	return true
}

// retryAfter is how long the queen asked to wait; 0 when it did not.
func retryAfter(err error) time.Duration {
	var se *queenclient.StatusError
	if errors.As(err, &se) {
		return se.RetryAfter
	}
	return 0
}

// busyFor is how long a queen that is there but busy (429, 503) asked to wait;
// 0 when it is not, or did not say.
func busyFor(err error) time.Duration {
	switch queenclient.Status(err) {
	case http.StatusTooManyRequests, http.StatusServiceUnavailable:
		return retryAfter(err)
	}
	return 0
}

// words is err for a log line: the queen's own words, with nothing in them that
// would falsify the line.
func words(err error) string { return wire.Printable(err.Error()) }
