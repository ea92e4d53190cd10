package checkpoint

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/foreset/foreset/log"
)

// sidecarsMax bounds the sidecars of one checkpoint; at the 50,000 actions that
// Spark puts into each, three billion files.
const sidecarsMax = 1 << 16

// references is what makes a checkpoint a V2 one: what its main file says of
// itself and of its sidecars. Only rows count: some writers have the columns in
// V1 checkpoints, too, and leave them null (protocol, section "V2 Spec").
type references struct {
	described []log.CheckpointMetadata
	sidecars  []*log.Sidecar
}

// refer takes the sidecars of the main file, if it has no faults.
func (r *Reader) refer(found references) error {
	main := r.files[0]
	if err := found.check(main, len(r.files)); err != nil {
		return corrupt(main.Name, err)
	}
	r.v2 = found.v2()
	seen := map[string]bool{}
	for _, s := range found.sidecars {
		name, err := sidecarName(s.Path)
		switch {
		case err != nil:
			return corrupt(main.Name, err)
		case seen[name]:
			return corrupt(main.Name, fmt.Errorf("sidecar %q is named twice", s.Path))
		case s.SizeInBytes <= 0:
			return corrupt(main.Name, fmt.Errorf("sidecar %q of %d bytes", s.Path, s.SizeInBytes))
		}
		seen[name] = true
		r.sidecars = append(r.sidecars, log.File{Name: name, Version: main.Version, Hi: main.Version, Size: s.SizeInBytes})
	}
	return nil
}

func (found *references) v2() bool { return len(found.described) > 0 || len(found.sidecars) > 0 }

// check says what is wrong with a checkpoint of so many files that refers so.
func (found *references) check(main log.File, files int) error {
	name, named := log.ParseName(main.Name)
	switch {
	case found.v2() && files > 1:
		return errors.New("the content of a V2 checkpoint in one of several parts")
	case len(found.described) > 1:
		return fmt.Errorf("checkpointMetadata: %w", errTwice)
	case named && name.Kind == log.UUIDCheckpoint && len(found.described) == 0:
		return errors.New("no checkpointMetadata")
	case len(found.described) == 1 && found.described[0].Version != main.Version:
		return fmt.Errorf("checkpointMetadata of version %d", found.described[0].Version)
	case len(found.sidecars) > sidecarsMax:
		return fmt.Errorf("%d sidecars", len(found.sidecars))
	default:
		return nil
	}
}

// sidecarName is the object that a sidecar's path leads to: a bare file name
// below log.SidecarDir, decoded once. Whatever leads elsewhere is
// log.ErrExternalPath or log.ErrBadPath: no request is made for it.
func sidecarName(path string) (string, error) {
	name, err := log.DecodePath(path)
	if err == nil && strings.ContainsAny(name, `/\`) {
		err = fmt.Errorf("%w: %q is no file name", log.ErrExternalPath, path)
	}
	if err != nil {
		return "", fmt.Errorf("sidecar: %w", err)
	}
	return log.SidecarDir + name, nil
}

// references reads what a row group says of the checkpoint itself: nothing is
// fetched if the columns are not there, or known to be null.
func (p *part) references(ctx context.Context, index int, into *references) error {
	version, path := p.schema.leaf("checkpointMetadata", "version"), p.schema.leaf("sidecar", "path")
	may := func(t *tree) bool { return t != nil && p.rows(index) > 0 && !p.allNull(index, t.index) }
	if !may(version) && !may(path) {
		return nil
	}
	g, err := p.load(ctx, index, []string{"checkpointMetadata", "version"}, []string{"sidecar"})
	if err != nil {
		return err
	}
	defer g.close()
	if rows := g.rowsWith("checkpointMetadata", "version"); len(rows) > 0 {
		number := g.number("checkpointMetadata", "version")
		g.each(rows, []skipper{number}, func() {
			into.described = append(into.described, log.CheckpointMetadata{Version: log.Version(number.must())})
		})
	}
	if rows := g.rowsWith("sidecar", "path"); len(rows) > 0 && len(rows)+len(into.sidecars) <= sidecarsMax {
		name, size := g.text("sidecar", "path"), g.number("sidecar", "sizeInBytes")
		if size == nil {
			g.fail("sidecar.sizeInBytes", errNull)
			return g.fault()
		}
		g.each(rows, []skipper{name, size}, func() {
			into.sidecars = append(into.sidecars, &log.Sidecar{Path: name.str(), SizeInBytes: size.must()})
		})
	} else if len(rows) > 0 {
		g.fail("sidecar.path", fmt.Errorf("more than %d", sidecarsMax))
	}
	return g.fault()
}
