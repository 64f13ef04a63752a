// Package metricstest has Prometheus judge what GET /metrics answers: its parser
// and its linter. It is for tests.
package metricstest

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/prometheus/client_golang/prometheus/testutil/promlint"
	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"
)

// Scrape is one answer, read.
type Scrape struct{ families map[string]*dto.MetricFamily }

// Read reads an answer. The error says what Prometheus would not read, and what
// its linter would have otherwise.
func Read(contentType string, text []byte) (Scrape, error) {
	if got := expfmt.ResponseFormat(map[string][]string{"Content-Type": {contentType}}).FormatType(); got != expfmt.TypeTextPlain {
		return Scrape{}, fmt.Errorf("the Content-Type %q is not that of the text format", contentType)
	}
	parser := expfmt.NewTextParser(model.LegacyValidation)
	families, err := parser.TextToMetricFamilies(bytes.NewReader(text))
	if err != nil {
		return Scrape{}, err
	}
	problems, err := promlint.New(bytes.NewReader(text)).Lint()
	for _, p := range problems {
		err = errors.Join(err, fmt.Errorf("%s: %s", p.Metric, p.Text))
	}
	return Scrape{families}, err
}

// Names lists the metrics, in order.
func (s Scrape) Names() []string { return slices.Sorted(maps.Keys(s.families)) }

// Kind is the type of a metric, in lower case as a page has it; "" of none.
func (s Scrape) Kind(name string) string {
	kinds := map[dto.MetricType]string{dto.MetricType_COUNTER: "counter", dto.MetricType_GAUGE: "gauge", dto.MetricType_HISTOGRAM: "histogram"}
	if f := s.families[name]; f != nil {
		return kinds[f.GetType()]
	}
	return ""
}

// Labels lists the names of the labels of a metric, in order.
func (s Scrape) Labels(name string) []string {
	names := map[string]bool{}
	for _, m := range s.families[name].GetMetric() {
		for _, l := range m.GetLabel() {
			names[l.GetName()] = true
		}
	}
	return slices.Sorted(maps.Keys(names))
}

// Values lists the values that a label of a metric has.
func (s Scrape) Values(name, label string) []string {
	var values []string
	for _, m := range s.families[name].GetMetric() {
		for _, l := range m.GetLabel() {
			if l.GetName() == label {
				values = append(values, l.GetValue())
			}
		}
	}
	return values
}

// Value is that of the sample with these labels, pairs of name and value; of a
// histogram the number of what was observed. It reports whether there is one.
func (s Scrape) Value(name string, labels ...string) (v float64, there bool) {
	for _, m := range s.families[name].GetMetric() {
		if !has(m, labels) {
			continue
		}
		switch s.families[name].GetType() {
		case dto.MetricType_COUNTER:
			return m.GetCounter().GetValue(), true
		case dto.MetricType_HISTOGRAM:
			return float64(m.GetHistogram().GetSampleCount()), true
		default:
			return m.GetGauge().GetValue(), true
		}
	}
	return 0, false
}

// Sum is that of what a histogram observed.
func (s Scrape) Sum(name string) (sum float64) {
	for _, m := range s.families[name].GetMetric() {
		sum += m.GetHistogram().GetSampleSum()
	}
	return sum
}

func has(m *dto.Metric, labels []string) bool {
	found := 0
	for _, l := range m.GetLabel() {
		for i := 0; i+1 < len(labels); i += 2 {
			if l.GetName() == labels[i] && l.GetValue() == labels[i+1] {
				found++
			}
		}
	}
	return 2*found == len(labels)
}
