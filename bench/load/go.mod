module meltemi.io/bench/load

go 1.22
