package wire

import (
	"encoding/json"
	"math"
	"math/rand/v2"
	"reflect"
	"testing"
	"time"
)

// odd fills whatever it is given, by reflection, so that a field that is new is in
// the comparison: values that are odd, missing, empty and ordinary.
func odd(r *rand.Rand, v reflect.Value) {
	if at, ok := v.Addr().Interface().(*time.Time); ok {
		*at = time.Unix(r.Int64N(1<<34), r.Int64N(3)*r.Int64N(1e9)).UTC()
		if r.IntN(9) == 0 {
			*at = at.In(time.FixedZone("", 7200))
		}
		return
	}
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			odd(r, v.Field(i))
		}
	case reflect.Pointer:
		if r.IntN(4) > 0 {
			v.Set(reflect.New(v.Type().Elem()))
			odd(r, v.Elem())
		}
	case reflect.Slice:
		if n := r.IntN(4); n > 0 {
			v.Set(reflect.MakeSlice(v.Type(), n-1, n-1))
		}
		for i := range v.Len() {
			odd(r, v.Index(i))
		}
	case reflect.String:
		v.SetString(oddTexts[r.IntN(len(oddTexts))])
	case reflect.Float64:
		switch r.IntN(3) {
		case 0:
			v.SetFloat(oddFloats[r.IntN(len(oddFloats))])
		case 1:
			v.SetFloat(math.Round(r.NormFloat64()*1e6) / 100)
		default:
			v.SetFloat(math.Float64frombits(r.Uint64() &^ (1 << 62))) // never infinite
		}
	case reflect.Int, reflect.Int64:
		v.SetInt(int64(r.Uint64()) >> r.IntN(64))
	default:
		panic("a kind that no test makes: " + v.Type().String())
	}
}

func TestHivesAreAppendedAsEncodingJSONWritesThem(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	for range 3000 {
		var l HiveList
		odd(r, reflect.ValueOf(&l).Elem())
		got, err := l.AppendJSON([]byte("before"))
		if err != nil {
			t.Fatalf("%+v: %v", l, err)
		}
		if want := "before" + byReflection(t, l); string(got) != want {
			t.Fatalf("got\n%s\nwant\n%s", got, want)
		}
	}
}

func TestAHiveThatHasNoNumberIsAnError(t *testing.T) {
	l := HiveList{Hives: []Hive{{Node: &Node{CPUPct: math.NaN()}}}}
	if got, err := l.AppendJSON(nil); err == nil {
		t.Errorf("got %s, want an error", got)
	}
}

// Run with -bench Hives: by hand, and as encoding/json does it.
func BenchmarkHives(b *testing.B) {
	var l HiveList
	for range 1000 {
		gb, mb, pct, model := int64(24), int64(8123), 64.5, "llama-3.2-1b"
		l.Hives = append(l.Hives, Hive{
			ID: "gpu-box-000001", InstanceID: "0199c0de", Aliases: []string{}, Address: "10.0.0.7", Port: 7835, Version: "0.1.0",
			OperationalStatus: "ready", HealthStatus: HealthStatus{Status: HealthHealthy}, Status: StatusHealthy,
			FirstSeen: time.Unix(1761861600, 123e6).UTC(), LastSeen: time.Unix(1761861600, 456e6).UTC(), ClockSkewMS: &mb,
			Devices: []Device{{ID: "GPU-0", Name: "NVIDIA GeForce RTX 4090", DeviceType: "gpu", VRAMGB: &gb}},
			Workers: []Worker{{PID: 1234, Group: "llm", Instance: "8080", CPUPct: 122.25, RSSMB: 9821, IOReadMBS: 12.3, Model: &model}},
			Node:    &Node{CPUPct: 37.236482, GPUs: []GPU{{ID: "GPU-0", UtilPct: &pct, VRAMUsedMB: &mb, TempC: &pct, PowerW: &pct}}},
		})
	}
	b.Run("by hand", func(b *testing.B) {
		var room []byte
		for b.Loop() {
			room, _ = l.AppendJSON(room[:0])
		}
		b.SetBytes(int64(len(room)))
	})
	b.Run("by reflection", func(b *testing.B) {
		for b.Loop() {
			raw, _ := json.Marshal(l)
			b.SetBytes(int64(len(raw)))
		}
	})
}
