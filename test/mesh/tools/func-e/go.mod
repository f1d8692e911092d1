module meltemi.io/test/mesh/tools/func-e

go 1.26.2

require github.com/tetratelabs/func-e v1.6.0
