package wire

import (
	"cmp"
	"maps"
	"slices"
)

// Code is the stable name of an error.
type Code string

// The error codes.
const (
	CodeInvalidRequest   Code = "invalid_request"
	CodeInvalidHeartbeat Code = "invalid_heartbeat"
	CodeCrossOrigin      Code = "cross_origin"
	CodeLoopbackOnly     Code = "loopback_only"
	CodeNotFound         Code = "not_found"
	CodeUnknownHive      Code = "unknown_hive"
	CodeUnknownJob       Code = "unknown_job"
	CodeJobEnded         Code = "job_ended"
	CodeUnknownWorker    Code = "unknown_worker"
	CodeMethodNotAllowed Code = "method_not_allowed"
	CodeIDConflict       Code = "hive_id_conflict"
	CodeBackupRunning    Code = "backup_running"
	CodeKeyReused        Code = "idempotency_conflict"
	CodeTooLarge         Code = "body_too_large"
	CodeMediaType        Code = "unsupported_media_type"
	CodeHostNotAllowed   Code = "host_not_allowed"
	CodeInternal         Code = "internal"
	CodeHiveUnreachable  Code = "hive_unreachable"
	CodeQueueFull        Code = "queue_full"
	CodeStateUnavailable Code = "state_unavailable"
	CodeShuttingDown     Code = "shutting_down"
	CodeTooManyJobs      Code = "too_many_jobs"
)

// CodeInfo is what a code stands for. The problems of a code say more: the value
// that was wrong, and what to do about that one.
type CodeInfo struct {
	Code        Code
	Status      int    // of the answer
	Title       string // the status in words
	Meaning     string
	Remedy      string
	RetryAfterS int // seconds in Retry-After, unless the answer knows better; 0: no such header
}

// Codes lists all codes, by status and name.
func Codes() []CodeInfo {
	return slices.SortedFunc(maps.Values(codes), func(a, b CodeInfo) int {
		return cmp.Or(cmp.Compare(a.Status, b.Status), cmp.Compare(a.Code, b.Code))
	})
}

// Info is what the code stands for.
func (c Code) Info() CodeInfo { return codes[c] }

// codes has one line for each code: OpenAPI documents, docs/api.md and answers
// have what they say of it from here.
var codes = byCode(
	CodeInfo{
		CodeInvalidRequest, 400, badRequest, "A parameter, a header or the body is not what this route accepts",
		"see /openapi.json for what this route accepts", 0,
	},
	CodeInfo{
		CodeInvalidHeartbeat, 400, badRequest, "The body is JSON, but no valid heartbeat: a field is missing or out of its bounds",
		"send what the detail names; hives begin their discovery again", 0,
	},
	CodeInfo{
		CodeCrossOrigin, 403, forbidden, "A web page of another origin made the request",
		"call from the command line or from a program; browsers of other origins are not served", 0,
	},
	CodeInfo{
		CodeLoopbackOnly, 403, forbidden, "What is asked for is given to programs on the same machine only, not through a proxy either",
		"ask on that machine, for example over ssh", 0,
	},
	CodeInfo{CodeNotFound, 404, notFound, "There is no such route", "see /openapi.json for the routes", 0},
	CodeInfo{
		CodeUnknownHive, 404, notFound, "The queen knows no hive of that id; of a heartbeat: it is not registered in this epoch",
		"of a heartbeat: send one with capabilities, beginning the discovery again; else list the hives", 0,
	},
	CodeInfo{
		CodeUnknownJob, 404, notFound, "There is no such job, or it is kept no more, or the queen does not know which hive has it",
		"list the jobs; the last 1,000 of a day are kept; name the hive with hive_id", 0,
	},
	CodeInfo{CodeJobEnded, 404, notFound, "The job has ended, so that it cannot be cancelled", "there is nothing to cancel", 0},
	CodeInfo{CodeUnknownWorker, 404, notFound, "The hive has no such worker", "list the workers", 0},
	CodeInfo{
		CodeMethodNotAllowed, 405, "Method Not Allowed", "The route is there, but not for this method",
		"use one of those that the header Allow names", 0,
	},
	CodeInfo{
		CodeIDConflict, 409, conflict, "Another live hive has this id",
		"give one of the two another id, with --hive-id", 10, // until a silent incumbent is down
	},
	CodeInfo{CodeBackupRunning, 409, conflict, "Another backup is being made", "try again when it is done", 5},
	CodeInfo{
		CodeKeyReused, 409, conflict, "The Idempotency-Key was used for another request",
		"use a new key for another request", 0,
	},
	CodeInfo{CodeTooLarge, 413, "Content Too Large", "The body is larger than the route accepts", "send less", 0},
	CodeInfo{
		CodeMediaType, 415, "Unsupported Media Type", "The Content-Type of the body is not application/json",
		"send Content-Type: application/json", 0,
	},
	CodeInfo{
		CodeHostNotAllowed, 421, "Misdirected Request", "The Host of the request is not a name of this machine",
		"use an IP address, or start the program with --allow-host NAME", 0,
	},
	CodeInfo{
		CodeInternal, 500, "Internal Server Error", "The program made a mistake, or could not do what was asked",
		"see its log, and report it", 0,
	},
	CodeInfo{
		CodeHiveUnreachable, 502, "Bad Gateway", "The queen got no answer, or none that makes sense, from the hive",
		"look whether rbee-hive runs there and is up to date", 0,
	},
	CodeInfo{
		CodeQueueFull, 503, unavailable, "More is to be written than the state file takes, or more hives register at once than the queen takes",
		"send it again after Retry-After", 1,
	},
	CodeInfo{
		CodeShuttingDown, 503, unavailable, "The program is stopping",
		"send it again when it is back", 1,
	},
	CodeInfo{
		CodeStateUnavailable, 503, unavailable, "The state file cannot be read or written now",
		"look at the disk of the queen's machine, and at her log", 1,
	},
	CodeInfo{
		CodeTooManyJobs, 503, unavailable, "As many jobs wait or run as the hive takes",
		"wait until some have ended, or cancel them", 5,
	},
)

// The titles of statuses that several codes have.
const (
	badRequest  = "Bad Request"
	forbidden   = "Forbidden"
	notFound    = "Not Found"
	conflict    = "Conflict"
	unavailable = "Service Unavailable"
)

func byCode(all ...CodeInfo) map[Code]CodeInfo {
	m := make(map[Code]CodeInfo, len(all))
	for _, c := range all {
		m[c.Code] = c
	}
	return m
}
