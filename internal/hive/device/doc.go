// Package device tells what a machine can compute on and how loaded it is: its
// NVIDIA GPUs, its processor and its memory, as wire.Device and wire.Node.
//
// GPUs come from NVML, NVIDIA's library, in a Linux build with cgo; where that
// is not built in, not installed or refuses to start, from the program
// nvidia-smi; where neither knows any, the machine computes on its CPU only,
// which is no error and not logged. Both are NVIDIA's numbering: GPU-N has the
// N that nvidia-smi shows, which need not be CUDA's unless CUDA_DEVICE_ORDER is
// PCI_BUS_ID. A GPU split by MIG is shown whole. Processor and memory are read
// from /proc; on systems without it they are unknown.
//
// NVML tells every second what each process uses. nvidia-smi is a process each
// time, so it is asked for GPUs every five seconds and, by a second one in
// between, for what processes hold; how busy they are it does not tell.
//
// A call into a driver cannot be bounded or ended: a hung GPU holds its caller
// for as long as it likes. So one goroutine, owned by Monitor.Run, asks the
// drivers, and everybody else reads what it last learnt:
//
//	Devices, Node ──▶ Monitor ◀── publish ── drive ──▶ probe ──▶ NVML
//	                     └──────── want ───────▶            └───▶ nvidia-smi
//
// A GPU that cannot be reached, or does not tell its name, is left out; the
// others keep their numbers. A GPU that tells its name is shown, with null for
// what it does not tell: GPUs that share the machine's memory have no vram_gb.
package device
