package web

import (
	"net/http"
	"net/netip"
	"slices"
	"strings"
)

// client returns the address that asks: the peer's or, behind a trusted proxy, the rightmost entry of
// X-Forwarded-For that is not a trusted proxy itself.
func (e *Edge) client(r *http.Request) netip.Addr {
	peer, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return netip.Addr{}
	}
	addr := peer.Addr().Unmap()
	forwarded := strings.Join(r.Header.Values("X-Forwarded-For"), ",")
	if forwarded == "" {
		return addr
	}
	if !e.trusted(addr) {
		if e.warned.CompareAndSwap(false, true) {
			e.Log.Warn("X-Forwarded-For ignored: the peer is not in TRUSTED_PROXIES", "peer", addr.String())
		}
		return addr
	}
	entries := strings.Split(forwarded, ",")
	for _, entry := range slices.Backward(entries) {
		next, err := parseForwarded(strings.TrimSpace(entry))
		if err != nil {
			return addr // what stands further left cannot be trusted either
		}
		addr = next
		if !e.trusted(addr) {
			return addr
		}
	}
	return addr
}

func parseForwarded(entry string) (netip.Addr, error) {
	if ap, err := netip.ParseAddrPort(entry); err == nil {
		return ap.Addr().Unmap(), nil
	}
	addr, err := netip.ParseAddr(strings.Trim(entry, "[]"))
	return addr.Unmap(), err
}

func (e *Edge) trusted(addr netip.Addr) bool {
	return slices.ContainsFunc(e.Proxies, func(p netip.Prefix) bool { return p.Contains(addr) })
}
