module meltemi.io/test/mesh/tools/docker-compose

go 1.26.2

require github.com/docker/compose/v2 v2.35.1
