// SPDX-License-Identifier: GPL-2.0-only
// Firmware that can reset the device below root port 03.0. It takes 50 ms and counts.
DefinitionBlock ("", "SSDT", 2, "PCILAB", "RESET", 1)
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
				Name (RUNS, Zero)

				// The hardware's revision: the kernel has it as a file, and asks anew whenever that is read.
				Method (_HRV, 0, NotSerialized)
				{
					Return (RUNS)
				}

				Method (_RST, 0, Serialized)
				{
					RUNS = RUNS + 1
					Sleep (50)
				}
			}
		}
	}
}
