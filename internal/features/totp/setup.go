package totp

import (
	"context"
	"fmt"
	"image"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/boombuler/barcode/qr"
	"github.com/pquerna/otp/totp"

	"example.com/latchkey/internal/audit"
	"example.com/latchkey/internal/factor"
	"example.com/latchkey/internal/login"
	"example.com/latchkey/internal/session"
	"example.com/latchkey/internal/web"
)

// secretSize is the length of a secret in bytes: 160 bits (RFC 4226, 4, R6).
const secretSize = 20

// pending returns the purpose that a secret is encrypted for while it is being set up: it is part of the form, and is accepted
// back from this login only.
func pending(r *http.Request) string { return "pending " + login.CurrentLogin(r).ID }

// showSetUp shows a new secret. It is not stored yet: it comes back, encrypted, with the code that confirms it.
func (t *TOTP) showSetUp(w http.ResponseWriter, r *http.Request) error {
	_, has, err := t.view(r)
	if err != nil {
		return err
	}
	made, err := totp.Generate(totp.GenerateOpts{Issuer: site, AccountName: login.Current(r).Email, SecretSize: secretSize})
	if err != nil {
		return err
	}
	keys, err := t.keys()
	if err != nil {
		return err
	}
	sealed, id := keys.seal(made.Secret(), pending(r))
	return t.renderSetUp(w, r, http.StatusOK, setUpView{Secret: made.Secret(), Sealed: id + "." + sealed, Replaces: has})
}

func (t *TOTP) renderSetUp(w http.ResponseWriter, r *http.Request, status int, v setUpView) error {
	w.Header().Set("Cache-Control", "no-store")
	var err error
	v.Link = address(v.Secret, login.Current(r).Email)
	if v.QR, err = drawQR(v.Link); err != nil {
		return err
	}
	return web.Render(w, r, status, setUpPage(v))
}

// address returns what apps read from the QR code, in the Key URI format. The library that makes codes would not escape an
// ampersand in the site's name, which would cut the name short.
func address(secret, account string) string {
	query := url.Values{
		"secret": {secret}, "issuer": {site}, "algorithm": {"SHA1"}, "digits": {"6"}, "period": {strconv.Itoa(period)},
	}
	link := url.URL{Scheme: "otpauth", Host: "totp", Path: "/" + site + ":" + account}
	link.RawQuery = strings.ReplaceAll(query.Encode(), "+", "%20") // some apps show a plus as it is
	return link.String()
}

// confirm stores the app if the code is right, and uses up the code.
func (t *TOTP) confirm(w http.ResponseWriter, r *http.Request) error {
	_, has, err := t.view(r)
	if err != nil {
		return err
	}
	keys, err := t.keys()
	if err != nil {
		return err
	}
	id, sealed, _ := strings.Cut(r.PostFormValue("secret"), ".")
	secret, err := keys.open(sealed, id, pending(r))
	if err != nil { // of another login, or not ours
		session.Flash(r.Context(), "This page was too old. Here is a new code to scan.")
		return web.SeeOther(w, r, setUp)
	}
	v := setUpView{Secret: secret, Sealed: r.PostFormValue("secret"), Replaces: has, Problems: web.Problems{}}
	code, ok := parseCode(r.PostFormValue("code"))
	if !ok {
		v.Problems["code"] = notSix
		return t.renderSetUp(w, r, http.StatusUnprocessableEntity, v)
	}
	step, ok, err := match(secret, code, t.Now())
	if err != nil {
		return err
	}
	if !ok {
		v.Problems["code"] = noCode
		return t.renderSetUp(w, r, http.StatusUnprocessableEntity, v)
	}
	if err := t.store(r, keys, secret, step); err != nil {
		return err
	}
	session.Flash(r.Context(), "Your authenticator app is set up. From now on, you are asked for a code after your password.")
	return web.SeeOther(w, r, factor.SetUpPath)
}

// store stores the app of the user who is logged in. A second press of the button changes nothing, and succeeds.
func (t *TOTP) store(r *http.Request, keys ring, secret string, step int64) error {
	u := login.Current(r)
	return t.DB.InTx(r.Context(), func(ctx context.Context) error {
		if err := t.Login.LockCurrent(ctx); err != nil {
			return err
		}
		if now, err := t.find(ctx, u.ID); err == nil {
			if stored, err := keys.open(now.secret, now.keyID, u.ID); err == nil && stored == secret {
				return nil
			}
		}
		sealed, id := keys.seal(secret, u.ID)
		if err := t.insert(ctx, app{userID: u.ID, secret: sealed, keyID: id, lastStep: step}); err != nil {
			return err
		}
		return t.Audit.Emit(ctx, audit.Event{Name: audit.FactorAdded, User: u, Detail: title, LoginID: login.CurrentLogin(r).ID})
	})
}

// A qrCode is a QR code as one path of an SVG.
type qrCode struct {
	Box   string // the viewBox, with the quiet zone of four modules
	Width string // in pixels, whole ones for each module, so that all are equally wide; at most what a phone of 320 has
	Path  string
}

// drawQR returns the QR code of a text.
func drawQR(text string) (q qrCode, err error) {
	code, err := qr.Encode(text, qr.M, qr.Auto)
	if err != nil {
		return q, err
	}
	const quiet, most = 4, 288
	size := code.Bounds().Dx()
	wide := size + 2*quiet
	var path strings.Builder
	for y := range size {
		for x := 0; x < size; x++ {
			from := x
			for x < size && dark(code, x, y) {
				x++
			}
			if x > from {
				fmt.Fprintf(&path, "M%d %dh%dv1h-%dz", from+quiet, y+quiet, x-from, x-from)
			}
		}
	}
	return qrCode{Box: fmt.Sprintf("0 0 %d %d", wide, wide), Width: strconv.Itoa(most / wide * wide), Path: path.String()}, nil
}

func dark(code image.Image, x, y int) bool {
	r, _, _, _ := code.At(x, y).RGBA()
	return r == 0
}

// grouped returns a secret in groups of four characters, for people who type it.
func grouped(secret string) string {
	var groups []string
	for part := range slices.Chunk([]byte(secret), 4) {
		groups = append(groups, string(part))
	}
	return strings.Join(groups, " ")
}
