package wire

// ContentTypeProblem is the media type of every error answer (RFC 9457).
const ContentTypeProblem = "application/problem+json"

// Problem is the body of every error answer.
type Problem struct {
	Type   string `json:"type" doc:"urn:rbee:problem: and the code"`
	Title  string `json:"title" doc:"The status in words"`
	Status int    `json:"status"`
	Code   Code   `json:"code" doc:"Stable; programs decide by it"`
	Detail string `json:"detail" doc:"What was wrong, with the value"`
	Remedy string `json:"remedy" doc:"What to do about it"`
}

// Error makes a Problem usable as an error on the client's side.
func (p *Problem) Error() string {
	if p.Remedy == "" {
		return p.Detail
	}
	return p.Detail + " (" + p.Remedy + ")"
}

// NewProblem builds the answer for a code; its title and status follow from it.
func NewProblem(code Code, detail, remedy string) *Problem {
	k := codes[code]
	return &Problem{
		Type: "urn:rbee:problem:" + string(code), Title: k.title, Status: k.status,
		Code: code, Detail: detail, Remedy: remedy,
	}
}

// Code is the stable name of an error.
type Code string

// The error codes.
const (
	CodeInvalidRequest   Code = "invalid_request"
	CodeInvalidHeartbeat Code = "invalid_heartbeat"
	CodeCrossOrigin      Code = "cross_origin"
	CodeNotFound         Code = "not_found"
	CodeUnknownHive      Code = "unknown_hive"
	CodeMethodNotAllowed Code = "method_not_allowed"
	CodeIDConflict       Code = "hive_id_conflict"
	CodeLoopbackOnly     Code = "loopback_only"
	CodeBackupRunning    Code = "backup_running"
	CodeTooLarge         Code = "body_too_large"
	CodeMediaType        Code = "unsupported_media_type"
	CodeHostNotAllowed   Code = "host_not_allowed"
	CodeInternal         Code = "internal"
	CodeQueueFull        Code = "queue_full"
	CodeStateUnavailable Code = "state_unavailable"
	CodeShuttingDown     Code = "shutting_down"
	CodeUnknownJob       Code = "unknown_job"
	CodeUnknownWorker    Code = "unknown_worker"
	CodeKeyReused        Code = "idempotency_conflict"
	CodeTooManyJobs      Code = "too_many_jobs"
)

var codes = map[Code]struct {
	status int
	title  string
}{
	CodeInvalidRequest:   {400, "Bad Request"},
	CodeInvalidHeartbeat: {400, "Bad Request"},
	CodeCrossOrigin:      {403, "Forbidden"},
	CodeNotFound:         {404, "Not Found"},
	CodeUnknownHive:      {404, "Not Found"},
	CodeMethodNotAllowed: {405, "Method Not Allowed"},
	CodeIDConflict:       {409, "Conflict"},
	CodeLoopbackOnly:     {403, "Forbidden"},
	CodeBackupRunning:    {409, "Conflict"},
	CodeTooLarge:         {413, "Content Too Large"},
	CodeMediaType:        {415, "Unsupported Media Type"},
	CodeHostNotAllowed:   {421, "Misdirected Request"},
	CodeInternal:         {500, "Internal Server Error"},
	CodeQueueFull:        {503, "Service Unavailable"},
	CodeStateUnavailable: {503, "Service Unavailable"},
	CodeShuttingDown:     {503, "Service Unavailable"},
	CodeUnknownJob:       {404, "Not Found"},
	CodeUnknownWorker:    {404, "Not Found"},
	CodeKeyReused:        {409, "Conflict"},
	CodeTooManyJobs:      {503, "Service Unavailable"},
}

// GetStatus is the status the problem is answered with (huma reads it).
func (p *Problem) GetStatus() int { return p.Status }

// ContentType is the media type the problem is answered with (huma reads it).
func (p *Problem) ContentType(string) string { return ContentTypeProblem }
