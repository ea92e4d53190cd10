package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"strconv"

	"github.com/spf13/cobra"

	"github.com/foreset/foreset/log"
	"github.com/foreset/foreset/storage"
)

func (a *app) logCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use: "log LOCATION [VERSION]", Short: "Print the actions of a table's commits",
		Long: "Print the actions of one version's commit, or of all commits that the log has, oldest first.\n" +
			"It needs nothing but the log: a table that cannot be read otherwise can be looked into.",
		ValidArgsFunction: files(1),
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) == 2 {
				return nil
			}
			return exactly("LOCATION")(cmd, args)
		},
	}
	var at string
	cmd.Flags().StringVar(&at, "at", "", "the version, like the argument")
	a.formatOption(cmd, lineFormats, "; default: ndjson")
	cmd.RunE = a.action(func(ctx context.Context, args []string) error {
		if len(args) == 2 && at != "" {
			return usagef("the version is given twice: %s and --at %s", args[1], at)
		}
		return a.log(ctx, args[0], append(args[1:], at)[0])
	})
	return cmd
}

func (a *app) log(ctx context.Context, location, version string) (err error) {
	v := log.Version(-1)
	if version != "" {
		n, err := strconv.ParseUint(version, 10, 63)
		if err != nil {
			return usagef("%q is not a version", version)
		}
		v = log.Version(n)
	}
	store, err := storage.Open(ctx, location)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	versions, err := commitVersions(ctx, store, v)
	if err != nil {
		return fmt.Errorf("log of %s: %w", storage.Redact(location), err)
	}
	p := &linePrinter{a: a, array: a.format == formatJSON}
	c := log.NewCommitter(store, nil)
	for _, v := range versions {
		if err := p.commit(ctx, c, v); err != nil {
			return fmt.Errorf("log of %s: %w", storage.Redact(location), err)
		}
	}
	return p.end()
}

// commitVersions is the version that is wanted, or all that the log has.
func commitVersions(ctx context.Context, store storage.Store, want log.Version) ([]log.Version, error) {
	entries, err := log.List(ctx, store, 0, -1)
	if err != nil {
		return nil, err
	}
	if len(entries) == 0 {
		return nil, log.ErrNotTable
	}
	var all []log.Version
	for _, e := range entries {
		n, ok := log.ParseName(e.Name)
		if !ok || n.Kind != log.Commit {
			continue
		}
		if n.Version == want {
			return []log.Version{want}, nil
		}
		all = append(all, n.Version)
	}
	switch {
	case want < 0:
		return all, nil
	case len(all) == 0:
		return nil, fmt.Errorf("%w: version %d; no commit is left", log.ErrVersionGone, want)
	default:
		return nil, &log.VersionError{Want: want, First: all[0], Last: all[len(all)-1]}
	}
}

// linePrinter prints actions, each on a line.
type linePrinter struct {
	a     *app
	array bool
	lines int
}

func (p *linePrinter) commit(ctx context.Context, c log.Committer, v log.Version) error {
	actions, err := log.ReadCommit(ctx, c, v, nil)
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("%w: version %d went away", log.ErrVersionGone, v)
	}
	if err != nil {
		return err
	}
	for _, action := range actions {
		if err := p.line(log.AppendAction(nil, action)); err != nil {
			return err
		}
	}
	return nil
}

func (p *linePrinter) line(action []byte) error {
	switch {
	case !p.array:
		action = append(action, '\n')
	case p.lines == 0:
		action = append([]byte("[\n"), action...)
	default:
		action = append([]byte(",\n"), action...)
	}
	p.lines++
	_, err := p.a.text().Write(action)
	return err
}

func (p *linePrinter) end() error {
	if !p.array {
		return nil
	}
	end := "\n]\n"
	if p.lines == 0 {
		end = "[]\n"
	}
	_, err := p.a.text().Write([]byte(end))
	return err
}
