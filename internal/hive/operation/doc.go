// Package operation is what a hive can be asked to do. It turns the body of a
// request into a job, or says at once what is wrong with it:
//
//	wire.JobRequest ──▶ Set.Request ──▶ job.Request ──▶ job.Table
//	                        │                │
//	                 ErrInvalid: 400         └─ Run: fleet, catalogs, downloads
//
// What can be judged by looking at the request is judged there; what has to be
// looked for on the machine, a model or a worker, is the job's to say.
package operation
