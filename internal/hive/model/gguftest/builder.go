package gguftest

import (
	"bytes"
	"encoding/binary"
	"fmt"
)

// Align is the alignment of tensors in files that do not say another.
const Align = 32

// Packings of tensors that tests need.
const (
	F32  uint32 = 0
	F16  uint32 = 1
	Q8_0 uint32 = 8
)

// Key is one key and its value: a string, bool, float32, sized whole number, or
// a slice of one of these.
type Key struct {
	Name  string
	Value any
}

// Tensor is one tensor; its data is as long as Data says, whatever Dims claim.
type Tensor struct {
	Name string
	Type uint32
	Dims []uint64
	Data []byte
}

// Builder is a file in parts. Nothing in it is checked.
type Builder struct {
	Version uint32 // 3 if it is 0
	Keys    []Key
	Tensors []Tensor
}

// Bytes returns the file.
func (b Builder) Bytes() []byte {
	var out bytes.Buffer
	out.WriteString("GGUF")
	put(&out, max(b.Version, 2)+boolTo[uint32](b.Version == 0))
	put(&out, uint64(len(b.Tensors)))
	put(&out, uint64(len(b.Keys)))
	for _, k := range b.Keys {
		text(&out, k.Name)
		putTyped(&out, k.Value)
	}
	offset := 0
	for _, t := range b.Tensors {
		text(&out, t.Name)
		put(&out, uint32(len(t.Dims)))
		put(&out, t.Dims)
		put(&out, t.Type)
		put(&out, uint64(offset))
		offset += padded(len(t.Data))
	}
	for _, t := range b.Tensors {
		out.Write(make([]byte, padded(out.Len())-out.Len()))
		out.Write(t.Data)
	}
	if len(b.Tensors) > 0 {
		out.Write(make([]byte, padded(out.Len())-out.Len()))
	}
	return out.Bytes()
}

func padded(n int) int { return (n + Align - 1) / Align * Align }

func boolTo[T uint8 | uint32](b bool) T {
	if b {
		return 1
	}
	return 0
}

func put(out *bytes.Buffer, v any) {
	if err := binary.Write(out, binary.LittleEndian, v); err != nil {
		panic(fmt.Sprintf("gguftest: %T cannot be written: %v", v, err))
	}
}

func text(out *bytes.Buffer, s string) {
	put(out, uint64(len(s)))
	out.WriteString(s)
}

func putTyped(out *bytes.Buffer, v any) {
	if number, ok := typeOf(v); ok {
		put(out, number)
		putOne(out, v)
		return
	}
	put(out, uint32(9))
	switch list := v.(type) {
	case []string:
		putList(out, list)
	case []float32:
		putList(out, list)
	case []int32:
		putList(out, list)
	case []uint32:
		putList(out, list)
	case []bool:
		putList(out, list)
	default:
		panic(fmt.Sprintf("gguftest: no value type for %T", v))
	}
}

func putList[T any](out *bytes.Buffer, list []T) {
	var one T
	number, _ := typeOf(one)
	put(out, number)
	put(out, uint64(len(list)))
	for _, v := range list {
		putOne(out, v)
	}
}

func putOne(out *bytes.Buffer, v any) {
	switch v := v.(type) {
	case string:
		text(out, v)
	case bool:
		put(out, boolTo[uint8](v))
	default:
		put(out, v)
	}
}

// typeOf returns the number that the format has for the type of a single value.
func typeOf(v any) (uint32, bool) {
	switch v.(type) {
	case uint8:
		return 0, true
	case int8:
		return 1, true
	case uint16:
		return 2, true
	case int16:
		return 3, true
	case uint32:
		return 4, true
	case int32:
		return 5, true
	case float32:
		return 6, true
	case bool:
		return 7, true
	case string:
		return 8, true
	case uint64:
		return 10, true
	case int64:
		return 11, true
	case float64:
		return 12, true
	default:
		return 0, false
	}
}
