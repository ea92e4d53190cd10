package storage

import (
	"context"
	"fmt"
	"strings"
	"sync"
)

// RequestKind is what kind of request a service is asked. For local files and
// memory every operation is one, and a stream is a put when it is closed.
type RequestKind uint8

// The kinds.
const (
	RequestGet RequestKind = iota
	RequestHead
	RequestList
	RequestPut
	RequestPutIfAbsent
	RequestPart // also the beginning and the end of an upload
	RequestDelete
	RequestProbe
	requestKinds
)

var requestNames = [requestKinds]string{"get", "head", "list", "put", "put if absent", "part", "delete", "probe"}

// String is the kind in lower case.
func (k RequestKind) String() string {
	if k < requestKinds {
		return requestNames[k]
	}
	return "unknown"
}

func (k RequestKind) reads() bool {
	return k == RequestGet || k == RequestHead || k == RequestList
}

// Meter counts the requests that are made for calls with its context: see
// [WithMeter]. Its zero value is ready. It is safe for concurrent use.
type Meter struct {
	mu      sync.Mutex
	usage   Usage
	deepest int // the longest chain that has ended
}

// String is the usage in words, such as "3 requests (1 put, 2 put if absent),
// 3 in a row, 3810 bytes".
func (u Usage) String() string {
	var kinds []string
	for kind, n := range u.Requests {
		if n > 0 {
			kinds = append(kinds, fmt.Sprint(n, " ", RequestKind(kind)))
		}
	}
	if len(kinds) == 0 {
		return "no requests"
	}
	return fmt.Sprintf("%d requests (%s), %d in a row, %d bytes", u.Total(), strings.Join(kinds, ", "), u.Depth, u.Bytes)
}

// Usage is what a [Meter] has counted.
type Usage struct {
	Requests [requestKinds]int // by kind, attempts that failed included
	Bytes    int64             // of bodies, read and written
	// Depth is the length of the longest chain of requests each of which
	// began after the one before it had ended: with a fixed time for every
	// request, that is how many times it the work takes. Probes do not count.
	Depth int
}

// Total is the number of requests without probes.
func (u Usage) Total() int {
	n := -u.Requests[RequestProbe]
	for _, k := range u.Requests {
		n += k
	}
	return n
}

// Usage is what was counted until now.
func (m *Meter) Usage() Usage {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.usage
}

// Begin counts a request that is about to be made. The function it returns is
// called once, with the bytes of its body, when the request has ended. Stores
// count their own requests; this is for wrappers of stores.
func (m *Meter) Begin(kind RequestKind) func(bytes int64) {
	depth := m.begin(kind)
	return func(bytes int64) { m.end(kind, depth, bytes) }
}

type meterKey struct{}

// WithMeter makes a meter count the requests of calls with the context. Meters
// that the context has already count them as well.
func WithMeter(ctx context.Context, m *Meter) context.Context {
	for has := metersOf(ctx); has != nil; has = has.outer {
		if has.Meter == m {
			return ctx // once is enough
		}
	}
	return context.WithValue(ctx, meterKey{}, &meters{m, metersOf(ctx)})
}

// meters is a meter and those around it.
type meters struct {
	*Meter
	outer *meters
}

func metersOf(ctx context.Context) *meters {
	m, _ := ctx.Value(meterKey{}).(*meters)
	return m
}

// begin counts a request; the function it returns is called when it has ended.
func begin(ctx context.Context, kind RequestKind) func(bytes int64) {
	all := metersOf(ctx)
	if all == nil {
		return uncounted
	}
	var depths []int
	for m := all; m != nil; m = m.outer {
		depths = append(depths, m.begin(kind))
	}
	return func(bytes int64) {
		i := 0
		for m := all; m != nil; m = m.outer {
			m.end(kind, depths[i], bytes)
			i++
		}
	}
}

func uncounted(int64) {}

func (m *Meter) begin(kind RequestKind) (depth int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.usage.Requests[kind]++
	if kind == RequestProbe {
		return 0
	}
	depth = m.deepest + 1
	m.usage.Depth = max(m.usage.Depth, depth)
	return depth
}

func (m *Meter) end(kind RequestKind, depth int, bytes int64) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.usage.Bytes += bytes
	if kind != RequestProbe {
		m.deepest = max(m.deepest, depth)
	}
}
