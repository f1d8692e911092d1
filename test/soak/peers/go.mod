module meltemi.io/test/soak/peers

go 1.22
