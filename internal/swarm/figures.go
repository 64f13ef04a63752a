package swarm

import "bytes"

// course is how a figure goes from beat to beat.
type course uint8

// The courses.
const (
	courseLoad   course = iota // follows the load of its hive, with some noise
	courseNoise                // anything
	courseStill                // differs from hive to hive, and stays
	courseDrift                // nearly so
	courseUptime               // one more with each beat
)

// rule says between which values a figure goes, both with the same number of
// digits, counted in units of the last of them.
type rule struct {
	key       string
	course    course
	low, high uint64
	digits    int
	decimals  int // 0 or 1
}

var rules = [...]rule{
	{"pid", courseStill, 10000, 32767, 5, 0},
	{"cpu_pct", courseLoad, 100, 999, 3, 1},
	{"rss_mb", courseDrift, 12000, 29999, 5, 0},
	{"io_r_mb_s", courseNoise, 10, 99, 2, 1},
	{"io_w_mb_s", courseNoise, 1, 9, 2, 1},
	{"uptime_s", courseUptime, 100000, 899999, 6, 0},
	{"gpu_util_pct", courseLoad, 100, 999, 3, 1},
	{"vram_mb", courseStill, 12000, 23999, 5, 0},
	{"ram_used_mb", courseDrift, 12000, 59999, 5, 0},
	{"util_pct", courseLoad, 10, 99, 2, 0},
	{"vram_used_mb", courseStill, 12000, 23999, 5, 0},
	{"temp_c", courseLoad, 40, 89, 2, 0},
	{"power_w", courseLoad, 100, 449, 3, 0},
}

// figure is one number in a message.
type figure struct {
	at        int // of its first digit
	digits    int
	decimals  int
	course    course
	low, span uint64
}

// animate gives every number that has a rule its fixed width, and says where
// they are.
func animate(body []byte) ([]byte, []figure) {
	var figures []figure
	for _, r := range rules {
		key := []byte(`"` + r.key + `":`)
		for from := 0; ; {
			at := bytes.Index(body[from:], key)
			if at < 0 {
				break
			}
			at += from + len(key)
			end := at + bytes.IndexAny(body[at:], ",}")
			f := figure{at: at, digits: r.digits, decimals: r.decimals, course: r.course, low: r.low, span: r.high - r.low + 1}
			body = append(append(body[:at:at], make([]byte, f.width())...), body[end:]...)
			f.write(body, r.low)
			shift := f.width() - (end - at)
			for i := range figures {
				if figures[i].at > at {
					figures[i].at += shift
				}
			}
			figures = append(figures, f)
			from = at
		}
	}
	return body, figures
}

func (f *figure) width() int {
	if f.decimals > 0 {
		return f.digits + 1
	}
	return f.digits
}

// write puts the value, counted in units of its last digit, in its place.
func (f *figure) write(text []byte, v uint64) {
	if f.decimals == 0 {
		putDigits(text[f.at:f.at+f.digits], v)
		return
	}
	whole := f.at + f.digits - 1
	putDigits(text[f.at:whole], v/10)
	text[whole] = '.'
	text[whole+1] = byte('0' + v%10)
}

// put writes what the figure, the n-th of its message, is for the hive now.
func (f *figure) put(text []byte, h *hive, n int, random uint64) {
	noise := (random >> (n % 8 * 7)) & 0xffff
	switch f.course {
	case courseLoad:
		x := min(uint64(h.load)+noise/16, 0xffff)
		f.write(text, f.low+f.span*x>>16)
	case courseNoise:
		f.write(text, f.low+f.span*noise>>16)
	case courseStill, courseDrift:
		x := mix(uint64(h.index)<<8|uint64(n)) & 0xffff
		v := f.low + f.span*x>>16
		if f.course == courseDrift {
			v = max(f.low, v-noise&63)
		}
		f.write(text, v)
	case courseUptime:
		f.write(text, f.low+(mix(uint64(h.index))+uint64(h.beats))%f.span)
	}
}

// wander is one step of a hive's load.
func (h *hive) wander(random uint64) {
	h.load = uint16(min(max(int(h.load)+int(random>>48&0x1fff)-0x1000, 0), 0xffff))
}

// mix makes a number of which every bit depends on every bit of x (splitmix64).
func mix(x uint64) uint64 {
	x += 0x9e3779b97f4a7c15
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}
