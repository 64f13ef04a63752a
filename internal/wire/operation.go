package wire

// Operation describes one thing that a hive can be asked to do. Needs and Takes
// are fields of JobRequest, by their JSON names; what else is sent is ignored.
type Operation struct {
	Name    string
	Summary string
	Needs   []string // all of them
	OneOf   []string // and exactly one of these, if there are any
	Takes   []string // and, if wanted, these
	Result  any      // a zero value of what its results are; nil: it has none
	Many    bool     // more than one result may come
}

// Operations lists what a hive can be asked to do.
func Operations() []Operation {
	const model, worker, device, context, group, restart, force = "model", "worker", "device", "context", "group", "restart", "force"
	one := []string{"worker_id", "pid"}
	return []Operation{
		{Name: OpStatus, Summary: "The hive, its devices, its load and its workers", Result: HiveStatus{}},
		{Name: OpHiveCheck, Summary: "Looks at everything the hive needs; each finding with a remedy", Result: HiveCheck{}},
		{Name: OpKindList, Summary: "The kinds of worker", Result: WorkerKindList{}},
		{Name: OpKindGet, Summary: "One kind of worker, with its definition", Needs: []string{worker}, Result: WorkerKind{}},
		{
			Name: OpWorkerSpawn, Summary: "Starts a worker, and ends when it serves",
			Needs: []string{worker}, Takes: []string{model, device, context, group, restart, force}, Result: WorkerProcess{},
		},
		{Name: OpWorkerList, Summary: "The worker processes, those that ended too", Result: WorkerList{}},
		{Name: OpWorkerGet, Summary: "One worker process", OneOf: one, Result: WorkerProcess{}},
		{Name: OpWorkerDelete, Summary: "Stops a worker: drains it, then ends its process", OneOf: one, Result: WorkerProcess{}},
		{Name: OpModelList, Summary: "The models on the machine", Result: ModelList{}},
		{Name: OpModelGet, Summary: "One model", Needs: []string{model}, Result: Model{}},
		{Name: OpModelDelete, Summary: "Deletes a model from the hive's own folder; one in use only with force", Needs: []string{model}, Takes: []string{force}, Result: ModelDeleted{}},
		{
			Name: OpModelDownload, Summary: "Gets a model; results tell how far it is, the last has its id",
			Needs: []string{model}, Result: ModelProgress{}, Many: true,
		},
		{
			Name: OpModelLoad, Summary: "As worker_spawn, by model: the kind of worker follows from it if none is named",
			Needs: []string{model}, Takes: []string{worker, device, context, group, restart, force}, Result: WorkerProcess{},
		},
		{Name: OpModelUnload, Summary: "Stops all workers that run a model", Needs: []string{model}, Result: WorkerProcess{}, Many: true},
	}
}
