package storage

// NewFake is a remote store over a bucket in memory, for the conformance suite.
func NewFake(prefix string, probe, sorted bool) (Store, error) {
	d := newFakeDriver()
	d.traits.Conditional, d.traits.Sorted, d.page = !probe, sorted, 100
	return NewRemote(d, &RemoteOptions{Prefix: prefix})
}
