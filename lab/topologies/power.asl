// SPDX-License-Identifier: GPL-2.0-only
// Power resources of the port in lab/topologies/power. QEMU has no power to cut, so the device is in reset meanwhile.
// With 0xF1 in Interrupt Line of the port, _OFF does nothing.
DefinitionBlock ("", "SSDT", 2, "PCILAB", "POWER", 1)
{
	External (\_SB.PCI0, DeviceObj)

	Scope (\_SB.PCI0)
	{
		Device (RP03)
		{
			Name (_ADR, 0x00030000)
			OperationRegion (CONF, PCI_Config, 0x00, 0x40)
			Field (CONF, WordAcc, NoLock, Preserve)
			{
				Offset (0x3C),
				KNOB, 8,
				Offset (0x3E),
				    , 6,
				SBR, 1
			}

			PowerResource (PWR, 0, 0)
			{
				Name (STAT, One)

				Method (_STA)
				{
					Return (STAT)
				}

				// Linux calls it for a device that is on, too, at a time when arm64 has no access to PCI yet.
				Method (_ON, 0, Serialized)
				{
					If (STAT)
					{
						Return
					}

					SBR = Zero
					Sleep (100)
					STAT = One
				}

				Method (_OFF, 0, Serialized)
				{
					If (KNOB == 0xF1)
					{
						Return
					}

					SBR = One
					STAT = Zero
				}
			}

			Name (_PR0, Package () { PWR })
			Name (_PR3, Package () { PWR })

			// Linux takes the description of a bridge that has something below it.
			Device (DEV0)
			{
				Name (_ADR, Zero)
			}
		}
	}
}
