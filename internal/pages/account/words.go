package account

import (
	"fmt"
	"strings"
	"time"

	"example.com/latchkey/internal/login"
)

// otherDevices names the other browsers where the user is logged in, after "the": "2 other devices".
func otherDevices(n int) string {
	if n == 1 {
		return "other device"
	}
	return fmt.Sprintf("%d other devices", n)
}

// knownBrowsers says in how many browsers the user has logged in before.
func knownBrowsers(n int) string {
	if n == 1 {
		return "You have logged in with 1 browser so far."
	}
	return fmt.Sprintf("You have logged in with %d browsers so far.", n)
}

// kept says how long a login lasts.
func kept(l login.Login) string {
	if !l.Remembered {
		return "until the browser is closed"
	}
	return fmt.Sprintf("for at most %d days", int(l.ExpiresAt.Sub(l.CreatedAt)/(24*time.Hour)))
}

// zones are the time zones that the profile's form suggests. Whoever lives in another writes its name.
func zones() []string {
	return strings.Fields(`
		Africa/Algiers Africa/Cairo Africa/Casablanca Africa/Johannesburg Africa/Lagos Africa/Nairobi
		America/Anchorage America/Argentina/Buenos_Aires America/Bogota America/Caracas America/Chicago America/Denver
		America/Halifax America/Havana America/Lima America/Los_Angeles America/Mexico_City America/New_York America/Phoenix
		America/Santiago America/Sao_Paulo America/St_Johns America/Toronto America/Vancouver
		Asia/Almaty Asia/Baghdad Asia/Baku Asia/Bangkok Asia/Colombo Asia/Dhaka Asia/Dubai Asia/Ho_Chi_Minh Asia/Hong_Kong
		Asia/Jakarta Asia/Jerusalem Asia/Kabul Asia/Karachi Asia/Kathmandu Asia/Kolkata Asia/Kuala_Lumpur Asia/Manila
		Asia/Riyadh Asia/Seoul Asia/Shanghai Asia/Singapore Asia/Taipei Asia/Tashkent Asia/Tehran Asia/Tokyo Asia/Vladivostok
		Asia/Yangon Asia/Yerevan Atlantic/Azores Atlantic/Reykjavik
		Australia/Adelaide Australia/Brisbane Australia/Darwin Australia/Melbourne Australia/Perth Australia/Sydney
		Europe/Amsterdam Europe/Athens Europe/Belgrade Europe/Berlin Europe/Brussels Europe/Bucharest Europe/Budapest
		Europe/Copenhagen Europe/Dublin Europe/Helsinki Europe/Istanbul Europe/Kyiv Europe/Lisbon Europe/London Europe/Madrid
		Europe/Moscow Europe/Oslo Europe/Paris Europe/Prague Europe/Rome Europe/Stockholm Europe/Vienna Europe/Warsaw
		Europe/Zurich Pacific/Apia Pacific/Auckland Pacific/Fiji Pacific/Honolulu UTC`)
}
