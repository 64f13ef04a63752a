package wire

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Units of ParseDuration beyond those of package time.
const (
	Day  = 24 * time.Hour
	Week = 7 * Day
	Year = 365 * Day
)

// ParseDuration reads a length of time as Go writes it (1h30m, 90s), or a whole
// number of days (30d), weeks (2w) or years of 365 days (2y).
func ParseDuration(text string) (time.Duration, error) {
	for suffix, unit := range map[string]time.Duration{"d": Day, "w": Week, "y": Year} {
		digits, found := strings.CutSuffix(text, suffix)
		if !found {
			continue
		}
		n, err := strconv.ParseInt(digits, 10, 64)
		if err != nil || n > int64(290*Year/unit) || n < -int64(290*Year/unit) {
			break
		}
		return time.Duration(n) * unit, nil
	}
	if d, err := time.ParseDuration(text); err == nil {
		return d, nil
	}
	return 0, fmt.Errorf("%q is no length of time: write it as 90s, 15m, 6h, 30d or 2y", clip(text))
}
