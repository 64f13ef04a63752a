package gguf

import "math"

// kind is the type of a value, as the file numbers them.
type kind uint32

const (
	kindUint8 kind = iota
	kindInt8
	kindUint16
	kindInt16
	kindUint32
	kindInt32
	kindFloat32
	kindBool
	kindString
	kindArray
	kindUint64
	kindInt64
	kindFloat64
)

// width is the size of a value in bytes, 0 for those that say their own.
func (k kind) width() int {
	switch k {
	case kindUint8, kindInt8, kindBool:
		return 1
	case kindUint16, kindInt16:
		return 2
	case kindUint32, kindInt32, kindFloat32:
		return 4
	case kindUint64, kindInt64, kindFloat64:
		return 8
	default:
		return 0
	}
}

// whole tells whether values of this kind are whole numbers or true and false.
func (k kind) whole() bool { return k.width() > 0 && k != kindFloat32 && k != kindFloat64 }

// value is what was kept of a key: a text, a number, or a list of numbers. Of a
// list that was not kept, count tells the length.
type value struct {
	text    string
	isText  bool
	numbers []int64
	isList  bool
	count   uint64
}

// number sign-extends the raw bits of a whole number. What does not fit, and no
// size of a model comes near that, is the largest number.
func (k kind) number(raw uint64) int64 {
	switch k {
	case kindInt8:
		return int64(int8(raw))
	case kindInt16:
		return int64(int16(raw))
	case kindInt32:
		return int64(int32(raw))
	case kindUint64:
		return int64(min(raw, math.MaxInt64))
	default:
		return int64(raw)
	}
}

// value reads the value of key. Unless keep is set it is walked and forgotten.
func (r *reader) value(key string, keep bool) (value, error) {
	raw, err := r.u32(key)
	if err != nil {
		return value{}, err
	}
	switch k := kind(raw); {
	case k == kindString && keep:
		text, err := r.text(maxText, key)
		return value{text: text, isText: true}, err
	case k == kindString:
		return value{}, r.skipText(key)
	case k == kindArray:
		return r.list(key, keep)
	case k.whole():
		n, err := r.uint(k.width(), key)
		return value{numbers: []int64{k.number(n)}}, err
	case k.width() > 0:
		return value{}, r.skip(uint64(k.width()), key)
	default:
		return value{}, r.fail("%s has the type %d, which does not exist", key, raw)
	}
}

func (r *reader) list(key string, keep bool) (value, error) {
	raw, err := r.u32(key)
	if err != nil {
		return value{}, err
	}
	count, err := r.u64(key)
	if err != nil {
		return value{}, err
	}
	k := kind(raw)
	each := uint64(k.width())
	if k == kindString {
		each = 8 // its length, at least
	}
	if each == 0 {
		return value{}, r.fail("the list %s is of type %d, which cannot be", key, raw)
	}
	if count > maxHeader/each {
		return value{}, r.fail("the list %s claims %d elements of %d bytes or more, and a header may have %d bytes", key, count, each, maxHeader)
	}
	if err := r.need(count*each, key); err != nil {
		return value{}, err
	}
	out := value{isList: true, count: count}
	switch {
	case k == kindString:
		for range count {
			if err := r.skipText(key); err != nil {
				return value{}, err
			}
		}
	case keep && k.whole() && count <= maxArray:
		out.numbers = make([]int64, count)
		for i := range out.numbers {
			n, err := r.uint(k.width(), key)
			if err != nil {
				return value{}, err
			}
			out.numbers[i] = k.number(n)
		}
	default:
		return out, r.skip(count*each, key)
	}
	return out, nil
}
