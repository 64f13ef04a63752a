package bench

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"testing"
	"time"

	"rbee/internal/wire"
)

// An audience takes what is sent, and counts who is hung up on.
func TestAudience(t *testing.T) {
	hangUp := make(chan struct{})
	readers := 0
	arrived := make(chan struct{}, 3)
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != wire.PathStream {
			t.Errorf("a reader asks for %s", r.URL.Path)
		}
		w.Header().Set("Content-Type", "text/event-stream")
		_, _ = w.Write([]byte("event: heartbeat\ndata: {}\n\n"))
		_ = http.NewResponseController(w).Flush()
		arrived <- struct{}{}
		select {
		case <-hangUp: // the first to see it
		case <-r.Context().Done():
		}
	}))
	defer srv.Close()
	u, err := url.Parse(srv.URL)
	if err != nil {
		t.Fatal(err)
	}
	port, err := strconv.Atoi(u.Port())
	if err != nil {
		t.Fatal(err)
	}
	a := &audience{}
	if err := a.listen(port, 3); err != nil {
		t.Fatal(err)
	}
	for ; readers < 3; readers++ {
		<-arrived
	}
	hangUp <- struct{}{}
	time.Sleep(4 * takeEvery)
	a.leave()
	if a.dropped != 1 || a.first < 100 {
		t.Errorf("%d readers were dropped, and the first got %d bytes", a.dropped, a.first)
	}
	if err := (&audience{}).listen(1, 1); err == nil {
		t.Error("readers listen to nobody")
	}
}
