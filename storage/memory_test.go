package storage

import (
	"testing"
	"time"
)

func TestMemoryTakesTimesFromItsClock(t *testing.T) {
	now := time.Date(2026, 1, 2, 3, 4, 5, 6, time.UTC)
	s := NewMemory(&MemoryOptions{Name: "clock", Now: func() time.Time { return now }})
	ctx := t.Context()
	if s.String() != "mem://clock" {
		t.Error(s)
	}
	for i, want := range []string{"1", "2", "3"} {
		now = now.Add(time.Hour)
		if err := s.Put(ctx, "a", []byte{byte(i)}); err != nil {
			t.Fatal(err)
		}
		info, err := s.Head(ctx, "a")
		if err != nil || !info.Modified.Equal(now) || info.ETag != want {
			t.Errorf("%+v, %v", info, err)
		}
	}
	if outcome, _, err := s.PutIfAbsent(ctx, "a", nil); outcome != Exists || err != nil {
		t.Error(outcome, err)
	}
	if info, err := s.Head(ctx, "a"); err != nil || info.ETag != "3" {
		t.Errorf("a put that lost changed %+v, %v", info, err)
	}
}

func TestMemoryKeepsItsOwnBytes(t *testing.T) {
	s := NewMemory(nil)
	ctx := t.Context()
	body := []byte("mine")
	if err := s.Put(ctx, "a", body); err != nil {
		t.Fatal(err)
	}
	if _, _, err := s.PutIfAbsent(ctx, "b", body); err != nil {
		t.Fatal(err)
	}
	w, err := s.Create(ctx, "c")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write(body); err != nil {
		t.Fatal(err)
	}
	copy(body, "XXXX")
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"a", "b", "c"} {
		if got, _, err := s.Get(ctx, name, -1); err != nil || string(got) != "mine" {
			t.Errorf("%s: %q, %v", name, got, err)
		}
	}
}
