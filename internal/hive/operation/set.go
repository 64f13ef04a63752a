package operation

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"rbee/internal/hive/job"
	"rbee/internal/hive/model"
	"rbee/internal/hive/model/download"
	"rbee/internal/hive/worker"
	"rbee/internal/hive/worker/catalog"
	"rbee/internal/wire"
)

// ErrInvalid says that a request cannot be meant.
var ErrInvalid = errors.New("invalid job")

// Slots are how many jobs of each class run at once.
var Slots = map[string]int{classDownload: 2}

const classDownload = "download"

// Set is what operations work on. It is safe for concurrent use.
type Set struct {
	HiveID    string
	Fleet     *worker.Fleet
	Kinds     catalog.Catalog
	Models    *model.Catalog
	Downloads *download.Downloader
	Token     string      // for the hub
	Ports     [2]int      // first and last of workers
	Disks     [][2]string // what has to have room: what it is for, and the directory

	Devices func(context.Context) []wire.Device
	Node    func() *wire.Node
	Self    func() wire.HiveSelf
	Clock   func() (Skew, bool) // false while no queen answers

	broken atomic.Pointer[string] // why no worker can run
}

// Break says that no worker can run here.
func (s *Set) Break(why error) {
	text := why.Error()
	s.broken.Store(&text)
}

// whole fails if no worker can run here.
func (s *Set) whole() error {
	if why := s.broken.Load(); why != nil {
		return fmt.Errorf("this hive runs no workers: %s", *why)
	}
	return nil
}

// Skew is how far the machine's clock is ahead of the queen's, negative when it
// is behind, and true to within that.
type Skew struct{ Ahead, Within time.Duration }

// operation is one thing that can be asked for.
type operation struct {
	class string // see Slots
	check func(*Set, *wire.JobRequest) error
	run   func(*Set, context.Context, *wire.JobRequest, *job.Output) error
}

func operations() map[string]operation {
	return map[string]operation{
		wire.OpStatus:        {run: (*Set).status},
		wire.OpHiveCheck:     {run: (*Set).hiveCheck},
		wire.OpKindList:      {run: (*Set).kindList},
		wire.OpKindGet:       {check: (*Set).needKind, run: (*Set).kindGet},
		wire.OpWorkerSpawn:   {check: (*Set).checkSpawn, run: (*Set).spawn},
		wire.OpWorkerList:    {run: (*Set).workerList},
		wire.OpWorkerGet:     {check: (*Set).needWorker, run: (*Set).workerGet},
		wire.OpWorkerDelete:  {check: (*Set).needWorker, run: (*Set).workerDelete},
		wire.OpModelList:     {run: (*Set).modelList},
		wire.OpModelGet:      {check: (*Set).needModel, run: (*Set).modelGet},
		wire.OpModelDelete:   {check: (*Set).needModel, run: (*Set).modelDelete},
		wire.OpModelDownload: {class: classDownload, check: (*Set).needReference, run: (*Set).modelDownload},
		wire.OpModelLoad:     {check: (*Set).checkLoad, run: (*Set).spawn},
		wire.OpModelUnload:   {check: (*Set).needModel, run: (*Set).modelUnload},
	}
}

// Request turns what was asked for into a job; the error is ErrInvalid.
func (s *Set) Request(r wire.JobRequest) (job.Request, error) {
	op, known := operations()[r.Operation]
	var err error
	switch {
	case r.Operation == "":
		err = errors.New("operation is missing")
	case !known:
		err = fmt.Errorf("operation %.80q is none", r.Operation)
	case r.HiveID != "" && r.HiveID != s.HiveID:
		err = fmt.Errorf("hive_id %.80q is another hive's: this one is %s: leave it out, or ask that one", r.HiveID, s.HiveID)
	default:
		if err = checkFields(&r); err == nil && op.check != nil {
			err = op.check(s, &r)
		}
	}
	if !known {
		err = fmt.Errorf("%w: use one of %s", err, strings.Join(slices.Sorted(maps.Keys(operations())), ", "))
	}
	if err != nil {
		return job.Request{}, fmt.Errorf("%w: %w", ErrInvalid, err)
	}
	return job.Request{
		Operation: r.Operation, Class: op.class,
		Run: func(ctx context.Context, out *job.Output) error { return op.run(s, ctx, &r, out) },
	}, nil
}

var (
	workerIDGrammar = regexp.MustCompile(wire.WorkerIDPattern)
	deviceGrammar   = regexp.MustCompile(wire.DevicePattern)
)

const maxContext = 1 << 30 // tokens

// checkFields judges each field by itself. The model of a download is a
// reference, with a grammar of its own.
func checkFields(r *wire.JobRequest) error {
	if r.Model != "" && r.Operation != wire.OpModelDownload {
		if err := wire.ValidateModelID(r.Model); err != nil {
			return err
		}
	}
	switch {
	case r.WorkerID != "" && !workerIDGrammar.MatchString(r.WorkerID):
		return fmt.Errorf("worker_id %.80q cannot be that of a worker: use one that worker_process_list shows", r.WorkerID)
	case r.Device != "" && !deviceGrammar.MatchString(r.Device):
		return fmt.Errorf("device %.80q is none: use one the hive shows, as GPU-0 or CPU-0", r.Device)
	case r.PID < 0:
		return fmt.Errorf("pid %d is negative: use one that worker_process_list shows", r.PID)
	case r.Context < 0 || r.Context > maxContext:
		return fmt.Errorf("context %d is not in 0..%d tokens", r.Context, maxContext)
	case r.Restart != "" && r.Restart != string(catalog.RestartNever) && r.Restart != string(catalog.RestartOnFailure):
		return fmt.Errorf("restart %.80q is no policy: use %s or %s", r.Restart, catalog.RestartNever, catalog.RestartOnFailure)
	}
	return wire.ValidateText("group", r.Group)
}

func (s *Set) needKind(r *wire.JobRequest) error {
	if r.Worker == "" {
		return errors.New("worker is missing: name a kind of worker, see worker_catalog_list")
	}
	_, err := s.Kinds.Get(r.Worker)
	return err
}

func (s *Set) needModel(r *wire.JobRequest) error {
	if r.Model == "" {
		return errors.New("model is missing: name one that model_list shows")
	}
	return nil
}

func (s *Set) needReference(r *wire.JobRequest) error {
	if r.Model == "" {
		return errors.New("model is missing: use for example hf:ORG/REPO:Q4_K_M, hf:ORG/REPO:FILE.gguf or https://HOST/FILE.gguf")
	}
	_, err := download.ParseRef(r.Model)
	return err
}

func (s *Set) needWorker(r *wire.JobRequest) error {
	if (r.WorkerID == "") == (r.PID == 0) {
		return errors.New("give either worker_id or pid, of a worker that worker_process_list shows")
	}
	return nil
}
