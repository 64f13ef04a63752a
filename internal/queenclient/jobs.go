package queenclient

import (
	"bufio"
	"cmp"
	"context"
	"io"
	"net/http"
	"net/url"
	"time"

	"rbee/internal/peer"
	"rbee/internal/wire"
)

// relaySilence is streamSilence for what the queen passes on: a hive that falls
// silent is hers to notice first.
const relaySilence = 30 * time.Second

// StartJob has the hive that the request names begin a job.
func (c *Client) StartJob(ctx context.Context, req wire.JobRequest) (*wire.JobAck, error) {
	var ack wire.JobAck
	if err := c.do(ctx, http.MethodPost, wire.PathJobs, nil, req, &ack); err != nil {
		return nil, err
	}
	return &ack, nil
}

// Jobs lists the jobs of a hive, oldest first.
func (c *Client) Jobs(ctx context.Context, hive string) (*wire.JobList, error) {
	return get[wire.JobList](ctx, c, wire.PathJobs, ofHive(hive))
}

// CancelJob ends a job.
func (c *Client) CancelJob(ctx context.Context, hive, id string) (*wire.JobCancel, error) {
	var out wire.JobCancel
	if err := c.do(ctx, http.MethodDelete, jobPath(id), ofHive(hive), nil, &out); err != nil {
		return nil, err
	}
	return &out, nil
}

// JobEvents hands each event of a job's stream to each, those behind the event
// of the id after, if any. It returns why it ended, never nil; io.EOF when there
// is nothing more.
func (c *Client) JobEvents(ctx context.Context, hive, id, after string, each func(peer.Event) error) error {
	return c.relayed(ctx, jobPath(id)+"/stream?"+ofHive(hive).Encode(), after, each)
}

// FollowLog does the same for the lines of a worker's log, and those that come as
// long as the worker runs.
func (c *Client) FollowLog(ctx context.Context, hive, worker, after string, each func(peer.Event) error) error {
	return c.relayed(ctx, logPath(hive, worker)+"?follow=1", after, each)
}

// WorkerLog hands on each line that there is of a worker's log. It returns nil
// after the last.
func (c *Client) WorkerLog(ctx context.Context, hive, worker string, each func(line string) error) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	quiet := time.AfterFunc(relaySilence, func() { cancel(ErrSilent) })
	defer quiet.Stop()
	body, err := c.open(ctx, logPath(hive, worker), "text/plain")
	if err == nil {
		defer body.Close()
		lines := bufio.NewScanner(body)
		lines.Buffer(nil, peer.MaxEvent)
		for err == nil && lines.Scan() {
			quiet.Reset(relaySilence)
			err = each(lines.Text())
		}
		err = cmp.Or(err, lines.Err())
	}
	if cause := context.Cause(ctx); err != nil && cause != nil {
		return cause
	}
	return err
}

func logPath(hive, worker string) string {
	return hivePath(hive) + "/workers/" + url.PathEscape(worker) + "/logs"
}

func (c *Client) relayed(ctx context.Context, path, after string, each func(peer.Event) error) error {
	var header []string
	if after != "" {
		header = []string{"Last-Event-Id", after}
	}
	err := c.events(ctx, path, relaySilence, each, header...)
	if Status(err) == http.StatusNoContent {
		return io.EOF
	}
	return err
}

func jobPath(id string) string { return wire.PathJobs + "/" + url.PathEscape(id) }

func ofHive(id string) url.Values { return url.Values{"hive_id": {id}} }
