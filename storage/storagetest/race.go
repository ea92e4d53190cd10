package storagetest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"sync"

	"github.com/foreset/foreset/storage"
)

// claim is what a writer of a race writes: it says whose it is, and its length
// differs from that of the others.
func claim(writer int, key string) []byte {
	return fmt.Appendf(nil, "%s belongs to writer %d%s", key, writer, bytes.Repeat([]byte{'.'}, writer*7))
}

// together calls f for 0 … n-1, all at the same moment, and waits for them.
func together(n int, f func(i int)) {
	var ready, done sync.WaitGroup
	start := make(chan struct{})
	for i := range n {
		ready.Add(1)
		done.Go(func() {
			ready.Done()
			<-start
			f(i)
		})
	}
	ready.Wait()
	close(start)
	done.Wait()
}

func onePutWins(ctx context.Context, s storage.Store, o Options) error {
	var p problems
	for k := range o.Keys {
		key := fmt.Sprintf("log/%04d.json", k)
		outcomes := make([]storage.Outcome, o.Writers)
		errs := make([]error, o.Writers)
		together(o.Writers, func(i int) {
			outcomes[i], _, errs[i] = s.PutIfAbsent(ctx, key, claim(i, key))
		})
		winner, winners := 0, 0
		for i, outcome := range outcomes {
			switch {
			case errs[i] != nil:
				p.add("%s: writer %d: %v, %v", key, i, outcome, errs[i])
			case outcome == storage.Created:
				winner = i
				winners++
			case outcome != storage.Exists:
				p.add("%s: writer %d: %v without an error", key, i, outcome)
			}
		}
		if winners != 1 {
			p.add("%s has %d winners", key, winners)
			continue
		}
		if err := mustRead(ctx, s, key, claim(winner, key)); err != nil {
			p.add("the winner is %d: %w", winner, err)
		}
	}
	return p.err()
}

func newFolderIsShared(ctx context.Context, s storage.Store, o Options) error {
	var p problems
	for round := range 10 {
		errs := make([]error, o.Writers)
		together(o.Writers, func(i int) {
			name := fmt.Sprintf("new=%d/deeper=%d/%d.parquet", round, i%3, i)
			switch i % 3 {
			case 0:
				errs[i] = s.Put(ctx, name, claim(i, name))
			case 1:
				var outcome storage.Outcome
				if outcome, _, errs[i] = s.PutIfAbsent(ctx, name, claim(i, name)); outcome != storage.Created {
					errs[i] = fmt.Errorf("%v: %w", outcome, errs[i])
				}
			case 2:
				errs[i] = stream(ctx, s, name, claim(i, name))
			}
			if errs[i] == nil {
				errs[i] = mustRead(ctx, s, name, claim(i, name))
			}
		})
		if err := errors.Join(errs...); err != nil {
			p.add("round %d: %w", round, err)
		}
	}
	return p.err()
}

// lossy applies puts if absent and loses some of the answers, in two ways: as
// an error, and as the Exists that a hidden retry gets.
type lossy struct {
	storage.Store
	mu sync.Mutex
	n  int
}

func (l *lossy) PutIfAbsent(ctx context.Context, name string, body []byte) (storage.Outcome, storage.Info, error) {
	l.mu.Lock()
	l.n++
	n := l.n
	l.mu.Unlock()
	outcome, info, err := l.Store.PutIfAbsent(ctx, name, body)
	switch {
	case err != nil:
		return outcome, info, err
	case n%3 == 0:
		return storage.Unknown, storage.Info{}, errors.New("connection reset")
	case n%3 == 1:
		return storage.Exists, storage.Info{}, nil
	}
	return outcome, info, nil
}

// lostResponseIsSettled does what writers do who cannot trust an answer: read
// back. Every key must end up with one writer that knows it is the owner.
func lostResponseIsSettled(ctx context.Context, s storage.Store, _ Options) error {
	const writers, keys = 8, 24
	var p problems
	l := &lossy{Store: s}
	for k := range keys {
		key := fmt.Sprintf("log/%04d.json", k)
		owns := make([]bool, writers)
		errs := make([]error, writers)
		together(writers, func(i int) {
			owns[i], errs[i] = settle(ctx, l, key, claim(i, key))
		})
		if err := errors.Join(errs...); err != nil {
			p.add("%s: %w", key, err)
		}
		owners := 0
		for i, own := range owns {
			if !own {
				continue
			}
			owners++
			// Once settled it stays so, also for who asks again.
			if outcome, _, err := s.PutIfAbsent(ctx, key, claim(i, key)); outcome != storage.Exists || err != nil {
				p.add("%s: put again: %v, %v", key, outcome, err)
			}
			if err := mustRead(ctx, s, key, claim(i, key)); err != nil {
				p.add("the owner is %d: %w", i, err)
			}
		}
		if owners != 1 {
			p.add("%s has %d owners", key, owners)
		}
	}
	return p.err()
}

// settle puts if absent until it knows whether the object is body.
func settle(ctx context.Context, s storage.Store, name string, body []byte) (mine bool, err error) {
	for range 10 {
		outcome, _, putErr := s.PutIfAbsent(ctx, name, body)
		switch outcome {
		case storage.Created:
			return true, nil
		case storage.Rejected:
			return false, putErr
		}
		found, _, err := s.Get(ctx, name, -1)
		switch {
		case err == nil:
			return bytes.Equal(found, body), nil
		case !errors.Is(err, fs.ErrNotExist):
			return false, err
		}
	}
	return false, fmt.Errorf("%s: nothing settles it", name)
}
