(** Roots of unity modulo p, and their powers with rational exponents: docs/explanation/safe-primes.md. That p is a prime, that
    p = 2q + 1, and that q is odd is not used. *)

From Coq Require Import List ZArith QArith Lia Znumtheory Zpow_facts.
From ExactCNN Require Import Numbers Ranks Residues.
Local Open Scope Z_scope.

(** The inverse of a modulo n: the first i of 0, ..., n - 1 with a i = 1; 0 where there is none. *)
Definition inverse_modulo (n a : Z) : Z :=
  match find (fun i => (a * i) mod n =? 1 mod n) (map Z.of_nat (seq 0 (Z.to_nat n))) with Some i => i | None => 0 end.

(** a b^-1 in Z/n, for a rational number a/b. *)
Definition residue_modulo (n : Z) (z : Q) : Z := (Qnum z * inverse_modulo n (Zpos (Qden z))) mod n.

(** b is prime to n. *)
Definition prime_to (n : Z) (z : Q) : Prop := rel_prime (Zpos (Qden z)) n.

(** r^(z mod q) modulo p. *)
Definition rho (p q r : Z) (z : Q) : Z := r ^ residue_modulo q z mod p.

Lemma inverse_modulo_correct (n a : Z) : 0 < n -> rel_prime a n -> congruent n (a * inverse_modulo n a) 1.
Proof.
  intros N H. apply congruent_mod; [lia |]. unfold inverse_modulo. destruct (find _ _) as [i |] eqn:F.
  - apply find_some in F. apply Z.eqb_eq. apply F.
  - exfalso. destruct (rel_prime_bezout _ _ H) as [u v E]. pose proof (Z.mod_pos_bound u n N).
    apply (find_none _ _) with (x := u mod n) in F.
    + apply Z.eqb_neq in F. apply F. rewrite Zmult_mod_idemp_r. replace (a * u) with (1 + - v * n) by lia. apply Z_mod_plus_full.
    + apply in_map_iff. exists (Z.to_nat (u mod n)). split; [apply Z2Nat.id | apply in_seq]; lia.
Qed.

Lemma inverse_modulo_positive (n a : Z) : 0 <= inverse_modulo n a.
Proof.
  unfold inverse_modulo. destruct (find _ _) as [i |] eqn:F; [| lia].
  apply find_some in F. destruct F as [F _]. apply in_map_iff in F. destruct F as (j & <- & _). lia.
Qed.

Section Roots.
  Variables p q r : Z.
  Hypothesis q_prime : prime q.
  Hypothesis r_range : 1 < r < p.
  Hypothesis r_root : r ^ q mod p = 1.

  Let q_large : 2 <= q := prime_ge_2 q q_prime.

  Lemma power_modulo (x y n : Z) : x mod p = y mod p -> x ^ n mod p = y ^ n mod p.
  Proof. intro H. rewrite Zpower_mod, H, <- Zpower_mod by lia. reflexivity. Qed.

  (** The exponent of a root of unity counts modulo q only. *)
  Lemma power_period (x a b : Z) : x ^ q mod p = 1 -> 0 <= a -> 0 <= b -> congruent q a b -> x ^ a mod p = x ^ b mod p.
  Proof.
    assert (S : forall n, 0 <= n -> x ^ q mod p = 1 -> x ^ n mod p = x ^ (n mod q) mod p).
    { intros n N X. rewrite (Z_div_mod_eq_full n q) at 1. pose proof (Z.mod_pos_bound n q). pose proof (Z.div_pos n q).
      rewrite Z.pow_add_r, Z.pow_mul_r, Z.mul_mod, (power_modulo _ 1), Z.pow_1_l, <- Z.mul_mod, Z.mul_1_l by
        (try rewrite X, Z.mod_1_l; lia). reflexivity. }
    intros X A B C. rewrite (S a), (S b) by assumption. apply congruent_mod in C; [rewrite C; reflexivity | lia].
  Qed.

  Lemma order (n : Z) : 0 <= n -> r ^ n mod p = 1 -> (q | n).
  Proof.
    intros N H. destruct (Zdivide_dec q n) as [D | D]; [exact D | exfalso].
    apply (prime_rel_prime q q_prime), rel_prime_sym, (inverse_modulo_correct q) in D; [| lia].
    pose proof (inverse_modulo_positive q n) as U.
    set (u := inverse_modulo q n) in *. apply (power_period r) in D; [| exact r_root | apply Z.mul_nonneg_nonneg; assumption | lia].
    rewrite Z.pow_mul_r, (power_modulo _ 1), Z.pow_1_l, Z.pow_1_r, Z.mod_1_l, Z.mod_small in D by
      (try rewrite H, Z.mod_1_l; lia). lia.
  Qed.

  Lemma residue_correct (z : Q) : prime_to q z ->
    0 <= residue_modulo q z /\ congruent q (Zpos (Qden z) * residue_modulo q z) (Qnum z).
  Proof.
    intro H. split; [apply Z.mod_pos_bound; lia |]. apply (inverse_modulo_correct q) in H; [| lia]. destruct H as [k H].
    unfold residue_modulo. set (a := inverse_modulo _ _) in *. exists (Qnum z * k - Zpos (Qden z) * (Qnum z * a / q)).
    rewrite Zmod_eq_full by lia. transitivity (Qnum z * (Zpos (Qden z) * a) - Zpos (Qden z) * (Qnum z * a / q) * q); [ring |].
    rewrite H. ring.
  Qed.

  (** Any e with b e = a is as good as the residue of a/b. *)
  Lemma rho_by (z : Q) (e : Z) : prime_to q z -> 0 <= e -> congruent q (Zpos (Qden z) * e) (Qnum z) -> rho p q r z = r ^ e mod p.
  Proof.
    intros H E [k C]. destruct (residue_correct z H) as [R [l D]]. apply power_period; try assumption.
    apply (inverse_modulo_correct q) in H; [| lia].
    destruct (congruent_cancel q _ _ (residue_modulo q z - e) H) as [n N]; [exists (l - k); nia |]. exists n. lia.
  Qed.

  Theorem rho_well_defined (z z' : Q) : prime_to q z -> prime_to q z' -> z == z' -> rho p q r z = rho p q r z'.
  Proof.
    intros H H' E. destruct (residue_correct z' H') as [R [k D]]. rewrite (rho_by z (residue_modulo q z')); auto.
    apply (inverse_modulo_correct q) in H'; [| lia]. unfold Qeq in E.
    destruct (congruent_cancel q _ _ (Zpos (Qden z) * residue_modulo q z' - Qnum z) H') as [n N].
    - exists (Zpos (Qden z) * k). nia.
    - exists n. lia.
  Qed.

  Lemma prime_to_add (z z' : Q) : prime_to q z -> prime_to q z' -> prime_to q (z + z').
  Proof.
    unfold prime_to. intros H H'. cbn [Qden Qplus]. rewrite Pos2Z.inj_mul.
    apply rel_prime_sym, rel_prime_mult; apply rel_prime_sym; assumption.
  Qed.

  Theorem rho_zero : rho p q r 0 = 1.
  Proof.
    rewrite (rho_by 0 0); [apply Z.mod_1_l; lia | apply rel_prime_1 | lia | exists 0; reflexivity].
  Qed.

  Theorem rho_add (z z' : Q) : prime_to q z -> prime_to q z' -> rho p q r (z + z') = (rho p q r z * rho p q r z') mod p.
  Proof.
    intros H H'. destruct (residue_correct z H) as [R [k D]], (residue_correct z' H') as [R' [k' D']].
    rewrite (rho_by (z + z') (residue_modulo q z + residue_modulo q z')).
    - unfold rho. rewrite Z.pow_add_r, Z.mul_mod by lia. reflexivity.
    - apply prime_to_add; assumption.
    - lia.
    - exists (k * Zpos (Qden z') + k' * Zpos (Qden z)). cbn [Qden Qnum Qplus]. rewrite Pos2Z.inj_mul.
      transitivity (Zpos (Qden z') * (Zpos (Qden z) * residue_modulo q z) + Zpos (Qden z) * (Zpos (Qden z') * residue_modulo q z'));
        [ring |]. rewrite D, D'. ring.
  Qed.

  Theorem rho_one (z : Q) : prime_to q z -> rho p q r z = 1 -> (q | Qnum z).
  Proof.
    intros H E. destruct (residue_correct z H) as [R [k D]]. destruct (order _ R E) as [l L].
    exists (Zpos (Qden z) * l - k). nia.
  Qed.

  Theorem one_root (D : positive) : rel_prime (Zpos D) q -> forall tau, 0 <= tau < p ->
    (tau ^ q mod p = 1 /\ tau ^ Zpos D mod p = r <-> tau = rho p q r (1 # D)).
  Proof.
    intros H tau T. destruct (residue_correct (1 # D) H) as [R C]. unfold rho.
    set (u := residue_modulo q (1 # D)) in *. cbn [Qden Qnum] in C. split.
    - intros [X Y]. apply (power_period tau) in C; [| exact X | nia | lia].
      rewrite Z.pow_mul_r, Z.pow_1_r, (power_modulo _ r), (Z.mod_small tau) in C by
        (try rewrite Y, Z.mod_small; lia). symmetry. exact C.
    - intros ->. rewrite <- !Zpower_mod, <- !Z.pow_mul_r by lia. split.
      + rewrite (power_period r _ 0), Z.pow_0_r, Z.mod_1_l; auto; try nia. exists u. lia.
      + rewrite (power_period r _ 1), Z.pow_1_r, Z.mod_small; auto; try nia. destruct C as [k C]. exists k. lia.
  Qed.
End Roots.
