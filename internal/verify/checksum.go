package verify

import (
	"fmt"
	"slices"

	"github.com/foreset/foreset/log"
)

// checkSum says where a checksum differs from the state. info is that of the
// version's commit; nil if it is gone.
func (s *state) checkSum(c *log.Checksum, info *log.CommitInfo) []string {
	var out []string
	number := func(name string, said *int64, is int64) {
		if said != nil && *said != is {
			out = append(out, fmt.Sprintf("%s is %d, and the version has %d", name, *said, is))
		}
	}
	number("numFiles", &c.NumFiles, s.live.files)
	number("tableSizeBytes", &c.TableSizeBytes, s.live.bytes)
	number("numDeletionVectorsOpt", c.NumDeletionVectors, s.live.vectors)
	number("numDeletedRecordsOpt", c.NumDeletedRecords, s.live.deleted)
	if info != nil {
		if info.InCommitTimestamp != nil {
			number("inCommitTimestampOpt", c.InCommitTimestamp, *info.InCommitTimestamp)
		}
		if c.TxnID != "" && info.TxnID != "" && c.TxnID != info.TxnID {
			out = append(out, fmt.Sprintf("txnId is %q, and that of the commit %q", c.TxnID, info.TxnID))
		}
	}
	out = append(out, differentProtocol(c.Protocol, s.protocol)...)
	out = append(out, differentMetadata(c.Metadata, s.metadata)...)
	if c.SetTransactions != nil {
		out = append(out, s.checkTxns(c.SetTransactions, "setTransactions")...)
	}
	if c.DomainMetadata != nil {
		out = append(out, s.checkDomains(c.DomainMetadata, "domainMetadata")...)
	}
	if c.FileSizes != nil && !s.sameHistogram(c.FileSizes) {
		out = append(out, "the histogram of file sizes is not that of the version's files")
	}
	if c.DeletedRecords != nil {
		sum := int64(0)
		for _, n := range c.DeletedRecords {
			sum += n
		}
		number("the sum of deletedRecordCounts", &sum, s.live.files)
	}
	if c.AllFiles != nil {
		out = append(out, s.checkAllFiles(c.AllFiles)...)
	}
	return out
}

// sameHistogram compares a histogram with one of the live files.
func (s *state) sameHistogram(h *log.Histogram) bool {
	if slices.Equal(h.Boundaries, histogramBins) {
		return slices.Equal(h.Counts, s.live.binFiles) && slices.Equal(h.Bytes, s.live.binBytes)
	}
	files, bytes := make([]int64, len(h.Boundaries)), make([]int64, len(h.Boundaries))
	for _, f := range s.files {
		if i := bin(h.Boundaries, f.size); f.live && i >= 0 {
			files[i]++
			bytes[i] += f.size
		}
	}
	return slices.Equal(h.Counts, files) && slices.Equal(h.Bytes, bytes)
}

// checkAllFiles compares the files that a checksum lists, which is done for
// small tables only.
func (s *state) checkAllFiles(said []*log.AddFile) []string {
	s.round++
	c := &comparison{state: s}
	for _, a := range said {
		c.add(a)
	}
	out := []string{}
	for _, d := range c.found {
		out = append(out, "allFiles: "+d)
	}
	if n := int64(len(said)); n != s.live.files {
		out = append(out, fmt.Sprintf("allFiles has %d files, and the version %d", n, s.live.files))
	}
	return out
}
