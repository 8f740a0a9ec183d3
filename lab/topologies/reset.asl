// SPDX-License-Identifier: GPL-2.0-only
// Firmware that can reset the device below root port 03.0. It takes 50 ms and counts in a register that a test can read.
DefinitionBlock ("", "SSDT", 2, "PCILAB", "RESET", 1)
{
	External (\_SB.PCI0, DeviceObj)

	Scope (\_SB.PCI0)
	{
		// The scratch register of the lab's port for errors: nothing else uses it, and it keeps what is written.
		OperationRegion (SCRA, SystemIO, 0x3EF, 1)
		Field (SCRA, ByteAcc, NoLock, Preserve)
		{
			CNT, 8
		}

		Device (RP03)
		{
			Name (_ADR, 0x00030000)

			Device (DEV0)
			{
				Name (_ADR, Zero)

				Method (_RST, 0, Serialized)
				{
					CNT = CNT + 1
					Sleep (50)
				}
			}
		}
	}
}
