package bench

import "fmt"

// selfCheck shows, before anything is measured, that a figure over its target is
// called missed. That the comparison for losses finds one is shown in each
// restart, on the file itself.
func selfCheck() error {
	for _, c := range []struct {
		t    target
		v    float64
		want verdict
	}{
		{target{reach: 2, aim: 1}, 2.01, missed},
		{target{reach: 2, aim: 1}, 2, reached},
		{target{reach: 2, aim: 1}, 0.5, aimed},
		{target{reach: 2, aim: 4, more: true}, 1.99, missed},
		{target{reach: 2, aim: 4, more: true}, 4, aimed},
		{target{reach: 0, aim: 0}, 1, missed},
	} {
		s := newSheet()
		s.add("", c.v)
		if got := c.t.judge(s); got != c.want {
			return fmt.Errorf("the judgement cannot be trusted: %v against %v and %v is called %s", c.v, c.t.reach, c.t.aim, got)
		}
	}
	if got := lost([]string{"a 1", "b 1", "b 1"}, map[string]int{"a 1": 2, "b 1": 1}); len(got) != 1 || got[0] != "b 1" {
		return fmt.Errorf("the comparison for losses cannot be trusted: it misses %q", got)
	}
	return nil
}
