package main

import (
	"context"
	"io"

	"github.com/vbauerster/mpb/v8"
	"github.com/vbauerster/mpb/v8/decor"
)

// progress shows on a terminal how much of an input has been read. Nil shows
// nothing.
type progress struct {
	bars *mpb.Progress
	bar  *mpb.Bar
}

// newProgress begins to show progress, if standard error is a terminal. total
// is in bytes; 0 is unknown.
func (a *app) newProgress(ctx context.Context, what string, total int64) *progress {
	if !a.errTerminal {
		return nil
	}
	bars := mpb.NewWithContext(ctx, mpb.WithOutput(a.rawStderr), mpb.WithWidth(60))
	amount := decor.CountersKibiByte("% .1f / % .1f")
	if total == 0 {
		amount = decor.CurrentKibiByte("% .1f")
	}
	bar := bars.AddBar(total, mpb.PrependDecorators(decor.Name(visible(what)+" ")), mpb.AppendDecorators(amount), mpb.BarRemoveOnComplete())
	return &progress{bars, bar}
}

// reader is r with its bytes counted.
func (p *progress) reader(r io.Reader) io.Reader {
	if p == nil {
		return r
	}
	return &counted{r, p.bar}
}

// end takes the display away. It may be called twice.
func (p *progress) end() {
	if p == nil {
		return
	}
	p.bar.Abort(true)
	p.bars.Wait()
}

type counted struct {
	r   io.Reader
	bar *mpb.Bar
}

func (c *counted) Read(b []byte) (int, error) {
	n, err := c.r.Read(b)
	c.bar.IncrBy(n)
	return n, err
}
