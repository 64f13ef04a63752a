package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"syscall"
	"time"

	"rbee/internal/peer"
	"rbee/internal/queenclient"
	"rbee/internal/wire"
)

// ask puts one question to the queen within the usual time.
func ask[T any](ctx context.Context, k *keeper, question func(context.Context, *queenclient.Client) (T, error)) (T, error) {
	client := k.client()
	defer client.Close()
	return askWithin(ctx, k, client, k.timeout, question)
}

func (k *keeper) client() *queenclient.Client { return queenclient.New(k.queen, peer.Options{}) }

// askWithin bounds one question and puts what went wrong into words for people.
func askWithin[T any](
	ctx context.Context, k *keeper, client *queenclient.Client, limit time.Duration,
	question func(context.Context, *queenclient.Client) (T, error),
) (T, error) {
	bounded, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	answer, err := question(bounded, client)
	switch {
	case err == nil:
		return answer, nil
	case ctx.Err() != nil:
		return answer, errInterrupted
	default:
		return answer, k.explain(err, limit)
	}
}

var errInterrupted = errors.New("interrupted")

// queenError is an error of queenclient in words for people.
type queenError struct {
	text  string
	brief string // what went wrong without the remedy; "" for the text
	cause error
}

// Error says what went wrong and what to do about it.
func (e *queenError) Error() string { return e.text }

// Unwrap is the error of queenclient.
func (e *queenError) Unwrap() error { return e.cause }

// away says whether an error may pass by itself: no queen answered, or one that
// is starting, stopping or in trouble.
func away(err error) bool {
	status := queenclient.Status(err)
	return status == 0 || status >= http.StatusInternalServerError
}

// explain says what went wrong and what to do about it.
func (k *keeper) explain(err error, limit time.Duration) error {
	const notAQueen = "is it a queen? check --queen URL or RBEE_KEEPER_QUEEN"
	say := func(format string, args ...any) error {
		return &queenError{text: fmt.Sprintf(format, args...), cause: err}
	}
	var answer *queenclient.StatusError
	var body *queenclient.BodyError
	switch {
	case errors.As(err, &answer) && answer.Problem != nil:
		return say("%s", problem(answer.Problem))
	case errors.As(err, &answer):
		return say("%s answered %d %s: %s", k.queen, answer.Status, http.StatusText(answer.Status), notAQueen)
	case errors.Is(err, context.DeadlineExceeded) && errors.As(err, &body):
		return say("the queen at %s did not finish its answer within %v: try a longer --timeout", k.queen, limit)
	case errors.As(err, &body):
		return say("%s answered %d with something else than the JSON expected: %s", k.queen, body.Status, notAQueen)
	default: // nobody answered
		why := reason(err, limit)
		return &queenError{
			text:  fmt.Sprintf("cannot reach the queen at %s: %s: is queen-rbee running? use --queen URL or RBEE_KEEPER_QUEEN", k.queen, why),
			brief: why, cause: err,
		}
	}
}

// problem is what the queen says, and its remedy.
func problem(p *wire.Problem) string {
	remedy := p.Remedy
	if own := remedies[p.Code]; own != "" {
		remedy = own
	}
	switch {
	case p.Detail == "":
		return p.Title
	case remedy == "":
		return p.Detail
	default:
		return p.Detail + ": " + remedy
	}
}

// remedies are those of the problems whose own remedy is a route: who types
// commands is told of a command.
var remedies = map[wire.Code]string{
	wire.CodeUnknownHive:     "'rbee-keeper hives' lists those that are known",
	wire.CodeUnknownJob:      "'rbee-keeper jobs HIVE' lists those that are kept",
	wire.CodeUnknownWorker:   "'rbee-keeper workers' lists those that run",
	wire.CodeHiveUnreachable: "see whether rbee-hive runs there and is up to date; 'rbee-keeper hives' tells when it was last heard of",
	wire.CodeNotFound:        "is the queen older than this program? 'rbee-keeper doctor' compares the two",
}

// reason is why no connection came about, as short as it can be said.
func reason(err error, limit time.Duration) string {
	var dns *net.DNSError
	var timeout net.Error
	switch {
	case errors.Is(err, syscall.ECONNREFUSED):
		return "connection refused"
	case errors.As(err, &dns) && dns.IsNotFound:
		return "no such host"
	case errors.Is(err, context.DeadlineExceeded):
		return fmt.Sprintf("no answer within %v", limit)
	case errors.As(err, &timeout) && timeout.Timeout():
		return fmt.Sprintf("no connection within %v", peer.DialTimeout)
	default:
		return err.Error()
	}
}
