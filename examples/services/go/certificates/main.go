// Command certificates writes an authority (ca.pem) and, signed by it, server.pem, server.key, client.pem and client.key
// into a folder. They are good for an hour and for nothing but tests.
package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"log"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"time"
)

func main() {
	folder := os.Args[1]
	authority := template("authority", 1)
	authority.IsCA, authority.BasicConstraintsValid = true, true
	authority.KeyUsage = x509.KeyUsageCertSign
	key := newKey()
	write(folder, "ca.pem", "CERTIFICATE", sign(authority, authority, key, key))

	for index, name := range []string{"server", "client"} {
		leaf := template(name, int64(index+2))
		leaf.DNSNames, leaf.IPAddresses = []string{"localhost"}, []net.IP{net.IPv4(127, 0, 0, 1)}
		leaf.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth}
		leafKey := newKey()
		write(folder, name+".pem", "CERTIFICATE", sign(leaf, authority, leafKey, key))
		bytes, err := x509.MarshalPKCS8PrivateKey(leafKey)
		check(err)
		write(folder, name+".key", "PRIVATE KEY", bytes)
	}
}

func template(name string, serial int64) *x509.Certificate {
	return &x509.Certificate{
		SerialNumber: big.NewInt(serial),
		Subject:      pkix.Name{CommonName: name},
		NotBefore:    time.Now().Add(-time.Minute),
		NotAfter:     time.Now().Add(time.Hour),
	}
}

func newKey() *ecdsa.PrivateKey {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	check(err)
	return key
}

func sign(certificate, issuer *x509.Certificate, key, issuerKey *ecdsa.PrivateKey) []byte {
	bytes, err := x509.CreateCertificate(rand.Reader, certificate, issuer, &key.PublicKey, issuerKey)
	check(err)
	return bytes
}

func write(folder, name, kind string, bytes []byte) {
	text := pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: bytes})
	check(os.WriteFile(filepath.Join(folder, name), text, 0o600))
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
