package cli

import (
	"bytes"
	"testing"
	"testing/synctest"
	"time"
)

func TestProgressIsShownOnceItTakesLong(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out bytes.Buffer
		p := NewProgress(&out)
		for range 25 {
			p.Tell("copying", 1<<20, 3<<20)
			time.Sleep(500 * time.Millisecond)
		}
		p.End()
		if got, want := out.String(), "copying: 1.0 MiB of 3.0 MiB\ncopying: 1.0 MiB of 3.0 MiB\n"; got != want {
			t.Errorf("in 12.5 s, without a terminal:\n%q, want\n%q", got, want)
		}

		out.Reset()
		p = NewProgress(&out)
		p.terminal = true
		p.Tell("waiting", 0, 0)
		time.Sleep(ProgressAfter)
		p.Tell("waiting", 0, 0)
		p.Tell("again at once", 0, 0)
		p.End()
		if got, want := out.String(), "\rwaiting\x1b[K\r\x1b[K"; got != want {
			t.Errorf("on a terminal %q, want %q", got, want)
		}
	})
}
