// SPDX-License-Identifier: GPL-2.0-only
// Firmware whose resets work, do nothing, fail, or do harm: one for each port in lab/topologies/firmware.
DefinitionBlock ("", "SSDT", 2, "PCILAB", "FIRMWARE", 1)
{
	External (\_SB.PCI0, DeviceObj)
	External (\_SB.PCI0.NONE, MethodObj)

	Scope (\_SB.PCI0)
	{
		Device (RP08)
		{
			Name (_ADR, 0x00080000)
			OperationRegion (CONF, PCI_Config, 0x00, 0x40)
			Field (CONF, WordAcc, NoLock, Preserve)
			{
				Offset (0x3E),
				    , 6,
				SBR, 1
			}

			Device (DEV0)
			{
				Name (_ADR, Zero)

				// Secondary Bus Reset; then it may take the 100 ms that it always may.
				Method (_RST, 0, Serialized)
				{
					SBR = One
					Sleep (2)
					SBR = Zero
					Sleep (100)
				}
			}
		}

		Device (RP07)
		{
			Name (_ADR, 0x00070000)

			Device (DEV0)
			{
				Name (_ADR, Zero)

				Method (_RST, 0, Serialized)
				{
				}
			}
		}

		Device (RP06)
		{
			Name (_ADR, 0x00060000)
			OperationRegion (CONF, PCI_Config, 0x00, 0x40)
			Field (CONF, ByteAcc, NoLock, Preserve)
			{
				Offset (0x19),
				SECN, 8,
				SUBN, 8
			}

			Device (DEV0)
			{
				Name (_ADR, Zero)

				// From here on no request gets through the port.
				Method (_RST, 0, Serialized)
				{
					SECN = Zero
					SUBN = Zero
				}
			}
		}

		Device (RP05)
		{
			Name (_ADR, 0x00050000)

			Device (DEV0)
			{
				Name (_ADR, Zero)

				// Calls what is not there.
				Method (_RST, 0, Serialized)
				{
					\_SB.PCI0.NONE ()
				}
			}
		}

		Device (RP03)
		{
			Name (_ADR, 0x00030000)
			OperationRegion (CONF, PCI_Config, 0x00, 0x40)
			Field (CONF, ByteAcc, NoLock, Preserve)
			{
				Offset (0x19),
				SECN, 8,
				SUBN, 8
			}
		}

		Device (RP04)
		{
			Name (_ADR, 0x00040000)
			OperationRegion (CONF, PCI_Config, 0x00, 0x40)
			Field (CONF, ByteAcc, NoLock, Preserve)
			{
				Offset (0x19),
				SECN, 8,
				SUBN, 8
			}

			Device (DEV0)
			{
				Name (_ADR, Zero)

				// Its bus number leads to the port next to it from here on.
				Method (_RST, 0, Serialized)
				{
					Local0 = SECN
					SECN = Zero
					SUBN = Zero
					^^^RP03.SECN = Local0
					^^^RP03.SUBN = Local0
				}
			}
		}
	}
}
