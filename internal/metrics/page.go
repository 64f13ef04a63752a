package metrics

import (
	"net/http"
	"strconv"
	"strings"
	"time"
)

// ContentType is that of a page.
const ContentType = "text/plain; version=0.0.4; charset=utf-8"

// Handler serves pages that write fills in.
func Handler(write func(*Page)) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		p := Page{text: make([]byte, 0, 12<<10)}
		write(&p)
		h := w.Header()
		h.Set("Content-Type", ContentType)
		h.Set("Cache-Control", "no-store")
		h.Set("Content-Length", strconv.Itoa(len(p.text)))
		_, _ = w.Write(p.text) // a client that left needs no answer
	}
}

// Page is one answer that is being written. A name is begun once, and its
// samples follow it.
type Page struct{ text []byte }

// Family is one metric of a page; its samples differ in their labels.
type Family struct {
	page *Page
	name string
}

// Gauge begins a metric that goes up and down.
func (p *Page) Gauge(name, help string) Family { return p.begin(name, "gauge", help) }

// Counter begins a metric that only goes up while the program runs.
func (p *Page) Counter(name, help string) Family { return p.begin(name, "counter", help) }

var escapeHelp = strings.NewReplacer(`\`, `\\`, "\n", `\n`)

func (p *Page) begin(name, kind, help string) Family {
	p.text = append(p.text, "# HELP "+name+" "+escapeHelp.Replace(help)+"\n# TYPE "+name+" "+kind+"\n"...)
	return Family{page: p, name: name}
}

// Is writes a sample. Labels are pairs of a name and a value.
func (f Family) Is(v float64, labels ...string) { f.page.sample(f.name, v, labels...) }

// When writes a moment, in Unix seconds; that of no time is 0.
func (f Family) When(t time.Time) {
	if t.IsZero() {
		f.Is(0)
		return
	}
	f.Is(float64(t.UnixMilli()) / 1e3)
}

// OneOf writes a sample for each name: 1 for the one that it is now, else 0.
func OneOf[K ~string](f Family, label string, now K, names ...K) {
	for _, name := range names {
		v := 0.0
		if name == now {
			v = 1
		}
		f.Is(v, label, string(name))
	}
}

// Each writes a sample for each counter.
func Each[K ~string](f Family, label string, c Counters[K]) {
	for _, name := range c.names {
		f.Is(c.by[name].Value(), label, string(name))
	}
}

// Histogram writes one whole. A value that is observed meanwhile is in it or is
// not: the count is that of the buckets.
func (p *Page) Histogram(name, help string, h *Histogram) {
	p.begin(name, "histogram", help)
	var sum uint64
	for i := range h.counts {
		sum += h.counts[i].Load()
		bound := "+Inf"
		if i < len(h.bounds) {
			bound = strconv.FormatFloat(h.bounds[i], 'g', -1, 64)
		}
		p.sample(name+"_bucket", float64(sum), "le", bound)
	}
	p.sample(name+"_sum", h.total())
	p.sample(name+"_count", float64(sum))
}

var escapeLabel = strings.NewReplacer(`\`, `\\`, "\n", `\n`, `"`, `\"`)

func (p *Page) sample(name string, v float64, labels ...string) {
	p.text = append(p.text, name...)
	for i := 0; i+1 < len(labels); i += 2 {
		p.text = append(p.text, "{,"[min(i, 1)])
		p.text = append(p.text, labels[i]+`="`+escapeLabel.Replace(labels[i+1])+`"`...)
	}
	if len(labels) > 0 {
		p.text = append(p.text, '}')
	}
	p.text = append(p.text, ' ')
	p.text = append(strconv.AppendFloat(p.text, v, 'g', -1, 64), '\n')
}
