package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"rbee/cmd/internal/cli"
	"rbee/internal/peer"
	"rbee/internal/queenclient"
	"rbee/internal/wire"
)

// mostTries is how often in a row a job's stream is asked for in vain.
const mostTries = 7

// job is a job on a hive, followed to its end.
type job struct {
	*keeper
	hive   string
	cancel bool // when interrupted

	line func(text string) error     // shows a line for people; nil: nobody wants to see it
	data func(json.RawMessage) error // takes a result; nil: only the last is wanted

	id     string
	result json.RawMessage // the last one; nil: none
}

// ended is the document of a job that had no result.
type ended struct {
	JobID  string        `json:"job_id"`
	Status wire.JobState `json:"status"`
}

// newJob returns a job whose lines are the answer for people, and stand beside
// the answer for programs.
func (k *keeper) newJob(hive string) *job {
	j := &job{keeper: k, hive: hive}
	j.line = func(text string) error { return k.write(cli.Printable(text) + "\n") }
	if k.output == formatJSON {
		j.line = func(text string) error { k.tell("%s", text); return nil }
	}
	return j
}

// cancelFlag adds the flag that has Ctrl-C end the job too.
func cancelFlag(cmd *cobra.Command, cancel *bool) {
	cmd.Flags().BoolVar(cancel, "cancel-on-interrupt", false, "Ctrl-C cancels the job instead of leaving it to the hive")
}

// show runs a job whose lines are all that people want of it.
func (j *job) show(ctx context.Context, request wire.JobRequest) error {
	if err := j.run(ctx, request); err != nil || j.output != formatJSON {
		return err
	}
	if j.result == nil {
		return j.print(ended{j.id, wire.JobCompleted}, nil)
	}
	return j.print(j.result, nil)
}

// run begins the job and follows it.
func (j *job) run(ctx context.Context, request wire.JobRequest) error {
	client := j.client()
	defer client.Close()
	request.HiveID = j.hive
	ack, err := askWithin(ctx, j.keeper, client, j.timeout, func(ctx context.Context, queen *queenclient.Client) (*wire.JobAck, error) {
		return queen.StartJob(ctx, request)
	})
	if err != nil {
		return err
	}
	if !wire.ValidJobID(ack.JobID) {
		return fmt.Errorf("%s answered with something else than a job: is it a queen? check --queen URL or RBEE_KEEPER_QUEEN", j.queen)
	}
	j.id = ack.JobID
	err = j.follow(ctx, client)
	if err != nil && ctx.Err() != nil {
		return j.interrupted(ctx, client)
	}
	return err
}

// follow reads the job's stream to its end, resuming it where it broke off.
func (j *job) follow(ctx context.Context, client *queenclient.Client) error {
	var end string // the last line, if it may be the marker that ends a job
	err := j.resume(ctx, func(after string, each func(peer.Event) error) error {
		err := client.JobEvents(ctx, j.hive, j.id, after, func(e peer.Event) error {
			if err := each(e); err != nil {
				return err
			}
			line := end
			end = ""
			if line != "" { // there is more behind it: it was none
				if err := j.say(line); err != nil {
					return err
				}
			}
			text := string(e.Data)
			switch {
			case e.Name == wire.JobEventData:
				return j.take(append(json.RawMessage{}, e.Data...))
			case isMarker(text):
				end = text
				return nil
			}
			return j.say(text)
		})
		if errors.Is(err, io.EOF) && end == "" {
			return io.ErrUnexpectedEOF
		}
		return err
	})
	if err != nil {
		return err
	}
	return outcome(end)
}

func isMarker(line string) bool {
	return line == wire.JobMarkerDone || line == wire.JobMarkerCancelled ||
		line == wire.JobMarkerError || strings.HasPrefix(line, wire.JobMarkerError+" ")
}

// outcome is what the marker says: nil for a job that was done.
func outcome(marker string) error {
	switch marker {
	case wire.JobMarkerDone:
		return nil
	case wire.JobMarkerCancelled:
		return errors.New("the job was cancelled")
	default:
		return fmt.Errorf("the job failed: %s", strings.TrimSpace(strings.TrimPrefix(marker, wire.JobMarkerError)))
	}
}

func (j *job) say(line string) error {
	if j.line == nil {
		return nil
	}
	return shown(j.line(line))
}

func (j *job) take(raw json.RawMessage) error {
	if !json.Valid(raw) {
		return shown(errors.New("the hive sent a result that is no JSON: is it up to date?"))
	}
	if j.result = raw; j.data == nil {
		return nil
	}
	return shown(j.data(raw))
}

// shownError is a failure of this side, which no other try makes good.
type shownError struct{ error }

func (e shownError) Unwrap() error { return e.error }

func shown(err error) error {
	if err == nil {
		return nil
	}
	return shownError{err}
}

// resume calls read, which reads a stream behind an event and hands on each,
// until it says that there is nothing more, or too often in a row fails without
// having read anything.
func (k *keeper) resume(ctx context.Context, read func(after string, each func(peer.Event) error) error) error {
	after, tries, wait := "", 0, k.every/2
	for {
		err := read(after, func(e peer.Event) error {
			tries, wait = 0, k.every/2
			if e.ID != "" {
				after = e.ID
			}
			return nil
		})
		var own shownError
		switch {
		case errors.Is(err, io.EOF):
			return nil
		case errors.As(err, &own):
			return own.error
		case ctx.Err() != nil:
			return errInterrupted
		}
		why := k.explain(err, k.timeout)
		if tries++; !away(err) || tries == mostTries {
			return why
		}
		if tries == 2 { // one that only broke off is taken up without a word
			k.tell("%s", k.waiting(why))
		}
		select {
		case <-ctx.Done():
			return errInterrupted
		case <-time.After(wait):
		}
		wait = min(2*wait, lastRetry)
	}
}

// interrupted says what becomes of the job after Ctrl-C.
func (j *job) interrupted(ctx context.Context, client *queenclient.Client) error {
	if !j.cancel {
		return fmt.Errorf("%w; %s goes on: 'rbee-keeper cancel %s %s' ends it", errInterrupted, j.id, j.hive, j.id)
	}
	_, err := askWithin(context.WithoutCancel(ctx), j.keeper, client, j.timeout, func(ctx context.Context, queen *queenclient.Client) (*wire.JobCancel, error) {
		return queen.CancelJob(ctx, j.hive, j.id)
	})
	if err != nil {
		return fmt.Errorf("%w; %s could not be cancelled: %w", errInterrupted, j.id, err)
	}
	return fmt.Errorf("%w; %s is cancelled", errInterrupted, j.id)
}
