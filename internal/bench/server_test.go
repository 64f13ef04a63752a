package bench

import (
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"

	"rbee/internal/wire"
)

func TestTheFloorReadsAndAnswersAsAQueen(t *testing.T) {
	srv := httptest.NewServer(floor())
	defer srv.Close()
	for _, tt := range []struct {
		body string
		want int
	}{
		{`{"anything":1}`, http.StatusOK},
		{strings.Repeat(" ", wire.MaxHeartbeatBytes), http.StatusOK},
		{strings.Repeat(" ", wire.MaxHeartbeatBytes+1), http.StatusRequestEntityTooLarge},
	} {
		resp, err := srv.Client().Post(srv.URL+wire.PathHeartbeat, "application/json", strings.NewReader(tt.body))
		if err != nil {
			t.Fatal(err)
		}
		got, _ := io.ReadAll(resp.Body)
		resp.Body.Close()
		if resp.StatusCode != tt.want || (tt.want == http.StatusOK && string(got) != ack) {
			t.Errorf("%d bytes are answered %d %s", len(tt.body), resp.StatusCode, got)
		}
	}
}

func TestWhoListens(t *testing.T) {
	port, err := freePort()
	if err != nil {
		t.Fatal(err)
	}
	if listens(os.Getpid(), port) {
		t.Errorf("port %d is free, and this process listens on it", port)
	}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	port = ln.Addr().(*net.TCPAddr).Port
	if !listens(os.Getpid(), port) {
		t.Errorf("this process does not listen on port %d, which it has opened", port)
	}
	if listens(1, port) && os.Getpid() != 1 {
		t.Errorf("process 1 listens on port %d, which this one has opened", port)
	}
}
