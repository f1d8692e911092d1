package main

import (
	"math"
	"testing"
)

func TestQuantiles(t *testing.T) {
	var l latencies
	for ns := int64(1); ns <= 100_000; ns++ {
		l.add(ns)
	}
	for _, q := range []float64{0.5, 0.9, 0.99} {
		if got, want := l.quantile(q), q*100_000; math.Abs(got/want-1) > 0.01 {
			t.Errorf("quantile %v is %v, not %v", q, got, want)
		}
	}
}

func TestBucketsFollowEachOther(t *testing.T) {
	for i := range buckets - 1 {
		start := uint64(bucketStart(i))
		if got := bucketOf(start); got != i {
			t.Fatalf("%d, the start of bucket %d, is counted in bucket %d", start, i, got)
		}
		if got := bucketOf(uint64(bucketStart(i+1)) - 1); got != i {
			t.Fatalf("the end of bucket %d is counted in bucket %d", i, got)
		}
		if i > 40*subs {
			return // a float64 knows no larger number to the unit
		}
	}
}
