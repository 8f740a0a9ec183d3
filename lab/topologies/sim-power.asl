// SPDX-License-Identifier: GPL-2.0-only
// Power resources of simulated root ports: see man/pcisim.7.scd. Without pcisim, nothing answers in the region, and the power
// is on. The mutex makes _REG, which pcisim causes when it leaves, wait for methods that use the region.
DefinitionBlock ("", "SSDT", 2, "PCILAB", "SIMPOWER", 1)
{
	Scope (\_SB)
	{
		Device (PSIM)
		{
			Name (_HID, "PCSM0001")
			Name (HERE, Zero)
			Mutex (BUSY, 0)

			// A byte for each port of the root bus, at its devfn.
			OperationRegion (PWRS, 0xC0, 0x00, 0x0100)
			Field (PWRS, ByteAcc, NoLock, Preserve)
			{
				Offset (0x08),
				PWR1, 8,
				Offset (0x10),
				PWR2, 8,
				Offset (0x18),
				PWR3, 8,
				Offset (0x20),
				PWR4, 8
			}

			Method (_REG, 2, Serialized)
			{
				Acquire (BUSY, 0xFFFF)
				HERE = Arg1
				Release (BUSY)
			}

			Device (RP01)
			{
				Name (_ADR, 0x00010000)

				PowerResource (PWR, 0, 0)
				{
					Method (_STA, 0, Serialized)
					{
						Local0 = One
						Acquire (BUSY, 0xFFFF)
						If (HERE)
						{
							Local0 = PWR1
						}

						Release (BUSY)
						Return (Local0)
					}

					Method (_ON, 0, Serialized)
					{
						Acquire (BUSY, 0xFFFF)
						If (HERE)
						{
							PWR1 = One
						}

						Release (BUSY)
					}

					Method (_OFF, 0, Serialized)
					{
						Acquire (BUSY, 0xFFFF)
						If (HERE)
						{
							PWR1 = Zero
						}

						Release (BUSY)
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
			Device (RP02)
			{
				Name (_ADR, 0x00020000)

				PowerResource (PWR, 0, 0)
				{
					Method (_STA, 0, Serialized)
					{
						Local0 = One
						Acquire (BUSY, 0xFFFF)
						If (HERE)
						{
							Local0 = PWR2
						}

						Release (BUSY)
						Return (Local0)
					}

					Method (_ON, 0, Serialized)
					{
						Acquire (BUSY, 0xFFFF)
						If (HERE)
						{
							PWR2 = One
						}

						Release (BUSY)
					}

					Method (_OFF, 0, Serialized)
					{
						Acquire (BUSY, 0xFFFF)
						If (HERE)
						{
							PWR2 = Zero
						}

						Release (BUSY)
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
			Device (RP03)
			{
				Name (_ADR, 0x00030000)

				PowerResource (PWR, 0, 0)
				{
					Method (_STA, 0, Serialized)
					{
						Local0 = One
						Acquire (BUSY, 0xFFFF)
						If (HERE)
						{
							Local0 = PWR3
						}

						Release (BUSY)
						Return (Local0)
					}

					Method (_ON, 0, Serialized)
					{
						Acquire (BUSY, 0xFFFF)
						If (HERE)
						{
							PWR3 = One
						}

						Release (BUSY)
					}

					Method (_OFF, 0, Serialized)
					{
						Acquire (BUSY, 0xFFFF)
						If (HERE)
						{
							PWR3 = Zero
						}

						Release (BUSY)
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
			Device (RP04)
			{
				Name (_ADR, 0x00040000)

				PowerResource (PWR, 0, 0)
				{
					Method (_STA, 0, Serialized)
					{
						Local0 = One
						Acquire (BUSY, 0xFFFF)
						If (HERE)
						{
							Local0 = PWR4
						}

						Release (BUSY)
						Return (Local0)
					}

					Method (_ON, 0, Serialized)
					{
						Acquire (BUSY, 0xFFFF)
						If (HERE)
						{
							PWR4 = One
						}

						Release (BUSY)
					}

					Method (_OFF, 0, Serialized)
					{
						Acquire (BUSY, 0xFFFF)
						If (HERE)
						{
							PWR4 = Zero
						}

						Release (BUSY)
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
}
