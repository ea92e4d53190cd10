package storage_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/foreset/foreset/storage"
)

func BenchmarkLocal(b *testing.B) {
	ctx := context.Background()
	body := make([]byte, 1000)
	open := func(b *testing.B, opts *storage.LocalOptions) storage.Store {
		s, err := storage.NewLocal(b.TempDir(), opts)
		if err != nil {
			b.Fatal(err)
		}
		return s
	}
	putAbsent := func(opts *storage.LocalOptions) func(b *testing.B) {
		return func(b *testing.B) {
			s := open(b, opts)
			i := 0
			for b.Loop() {
				i++
				if _, _, err := s.PutIfAbsent(ctx, fmt.Sprintf("_delta_log/%020d.json", i), body); err != nil {
					b.Fatal(err)
				}
			}
		}
	}
	b.Run("PutIfAbsent", putAbsent(nil))
	b.Run("PutIfAbsentNoSync", putAbsent(&storage.LocalOptions{NoSync: true}))
	b.Run("PutIfAbsentTooLate", func(b *testing.B) {
		s := open(b, nil)
		for b.Loop() {
			if _, _, err := s.PutIfAbsent(ctx, "_delta_log/0.json", body); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("ReadAt", func(b *testing.B) {
		s := open(b, nil)
		if err := s.Put(ctx, "p=1/x", body); err != nil {
			b.Fatal(err)
		}
		p := make([]byte, 100)
		b.ReportAllocs()
		for b.Loop() {
			if _, err := s.ReadAt(ctx, "p=1/x", p, 100); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("Get", func(b *testing.B) {
		s := open(b, nil)
		if err := s.Put(ctx, "p=1/x", body); err != nil {
			b.Fatal(err)
		}
		b.ReportAllocs()
		for b.Loop() {
			if _, _, err := s.Get(ctx, "p=1/x", -1); err != nil {
				b.Fatal(err)
			}
		}
	})
	list := func(start string, want int) func(b *testing.B) {
		return func(b *testing.B) {
			s := open(b, &storage.LocalOptions{NoSync: true})
			for i := range 10_000 {
				if err := s.Put(ctx, fmt.Sprintf("_delta_log/%020d.json", i), nil); err != nil {
					b.Fatal(err)
				}
			}
			for b.Loop() {
				n := 0
				for _, err := range s.List(ctx, "_delta_log/", start) {
					if err != nil {
						b.Fatal(err)
					}
					n++
				}
				if n != want {
					b.Fatal(n)
				}
			}
		}
	}
	b.Run("List10000", list("", 10_000))
	b.Run("ListLast10Of10000", list("_delta_log/00000000000000009990.json", 10))
}
