// SPDX-License-Identifier: GPL-2.0-only
// Firmware that knows how long the device below root port 03.0 needs: PCI Firmware r3.3, sec 4.6.9, Device Readiness Durations.
DefinitionBlock ("", "SSDT", 2, "PCILAB", "DSM", 1)
{
	External (\_SB.PCI0, DeviceObj)

	Scope (\_SB.PCI0)
	{
		Device (RP03)
		{
			Name (_ADR, 0x00030000)

			Device (DEV0)
			{
				Name (_ADR, Zero)

				Method (_DSM, 4, Serialized)
				{
					If ((Arg0 != ToUUID ("e5c937d0-3553-4d7a-9117-ea4d19c3434d")) || (Arg1 < 3))
					{
						Return (Buffer (One) { 0x00 })
					}
					If (Arg2 == Zero)
					{
						// Itself, and function 9.
						Return (Buffer (0x02) { 0x01, 0x02 })
					}
					If (Arg2 == 0x09)
					{
						// Reset, DL_Up, FLR, D3hot to D0, VF Enable; microseconds.
						Return (Package (0x05) { 20000, 5000, 30000, 2000, 0xFFFFFFFF })
					}
					Return (Buffer (One) { 0x00 })
				}
			}
		}
	}
}
