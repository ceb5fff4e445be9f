package account

import "strings"

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
