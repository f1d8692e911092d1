package main

import "math/bits"

// Latencies are counted in buckets: 128 to each power of two, so that a bucket is at most 0.8 % wide.
const (
	subBits = 7
	subs    = 1 << subBits
	buckets = (64 - subBits) * subs
)

type latencies struct {
	counts [buckets]uint32
	total  uint64
}

func (l *latencies) add(ns int64) {
	l.counts[bucketOf(uint64(max(ns, 0)))]++
	l.total++
}

func (l *latencies) reset() {
	*l = latencies{}
}

// quantile gives the middle of the bucket in which the share q of all latencies ends, in nanoseconds.
func (l *latencies) quantile(q float64) float64 {
	rank := min(uint64(q*float64(l.total)), max(l.total, 1)-1)
	var seen uint64
	for i, n := range l.counts {
		seen += uint64(n)
		if seen > rank {
			return (bucketStart(i) + bucketStart(i+1)) / 2
		}
	}
	return 0
}

func bucketOf(v uint64) int {
	shift := max(bits.Len64(v)-subBits-1, 0)
	return shift<<subBits + int(v>>shift)
}

func bucketStart(i int) float64 {
	if i < 2*subs {
		return float64(i)
	}
	shift := i>>subBits - 1
	return float64(uint64(i-shift<<subBits) << shift)
}
