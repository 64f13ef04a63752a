package wire

// ContentTypeProblem is the media type of every error answer (RFC 9457).
const ContentTypeProblem = "application/problem+json"

// Problem is the body of every error answer.
type Problem struct {
	Type   string `json:"type" doc:"urn:rbee:problem: and the code"`
	Title  string `json:"title" doc:"The status in words"`
	Status int    `json:"status"`
	Code   Code   `json:"code" doc:"What kind of error it is; stable, programs decide by it"`
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

// NewProblem builds the answer for a code; its title and status follow from it,
// and its remedy too where none is given.
func NewProblem(code Code, detail, remedy string) *Problem {
	k := codes[code]
	if remedy == "" {
		remedy = k.Remedy
	}
	return &Problem{
		Type: "urn:rbee:problem:" + string(code), Title: k.Title, Status: k.Status,
		Code: code, Detail: detail, Remedy: remedy,
	}
}

// GetStatus is the status the problem is answered with (huma reads it).
func (p *Problem) GetStatus() int { return p.Status }

// ContentType is the media type the problem is answered with (huma reads it).
func (p *Problem) ContentType(string) string { return ContentTypeProblem }
