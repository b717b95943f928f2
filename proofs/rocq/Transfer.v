(** From exponentials to residues: docs/explanation/exponentials-and-residues.md. What is not 0 modulo p is not 0 in any field K that
    contains Q, at any t of K that is transcendental over Q. *)

From Coq Require Import List ZArith QArith Lia Znumtheory.
From ExactCNN Require Import Numbers Ranks Residues Networks Exponentials SafePrimes.
Local Open Scope Z_scope.

(** How a number is built. *)
Inductive expression :=
  | Rational (z : Q)
  | Exponential (n : Z)  (* e^(n/D), which is t^n *)
  | Plus (x y : expression)
  | Times (x y : expression)
  | Inverse (x : expression).

Fixpoint value (K : numbers) (t : K) (x : expression) : K :=
  match x with
  | Rational z => of_Q z
  | Exponential n => power_integer K t n
  | Plus x y => add (value K t x) (value K t y)
  | Times x y => mul (value K t x) (value K t y)
  | Inverse x => inv (value K t x)
  end.

Section Residue.
  Variables p q r : Z.
  Variable D : positive.

  (** The same steps modulo p, without an answer where a step divides by 0. *)
  Definition inverted (a : Z) : option Z := if a mod p =? 0 then None else Some (inverse_modulo p a).

  Fixpoint residue (x : expression) : option Z :=
    match x with
    | Rational z => both Z.mul (Some (Qnum z)) (inverted (Zpos (Qden z)))
    | Exponential n => Some (rho p q r (n # D))
    | Plus x y => both Z.add (residue x) (residue y)
    | Times x y => both Z.mul (residue x) (residue y)
    | Inverse x => match residue x with Some a => inverted a | None => None end
    end.

  Hypothesis p_prime : prime p.
  Hypothesis q_prime : prime q.
  Hypothesis r_range : 1 < r < p.
  Hypothesis r_root : r ^ q mod p = 1.
  Hypothesis D_prime_to_q : rel_prime (Zpos D) q.

  Lemma inverted_correct (a i : Z) : inverted a = Some i -> (a * i) mod p = 1 mod p.
  Proof.
    unfold inverted. destruct (Z.eqb_spec (a mod p) 0) as [| N]; [discriminate |]. intro E. injection E as <-.
    apply congruent_mod; [lia |]. apply inverse_modulo_correct; [lia |].
    apply rel_prime_sym, prime_rel_prime; [exact p_prime |]. intro H. apply N, Z.mod_divide; [lia | exact H].
  Qed.

  Lemma rho_sum (n n' : Z) : rho p q r (n + n' # D) = (rho p q r (n # D) * rho p q r (n' # D)) mod p.
  Proof.
    rewrite <- (rho_add p q r q_prime r_range r_root) by exact D_prime_to_q.
    apply (rho_well_defined p q r q_prime r_range r_root); [exact D_prime_to_q | apply prime_to_add; exact D_prime_to_q |].
    unfold Qeq. cbn [Qnum Qden Qplus]. rewrite Pos2Z.inj_mul. ring.
  Qed.

  Variable K : numbers.
  Variable eqv : K -> K -> Prop.
  Hypothesis laws : field_over_Q K eqv.
  Variable t : K.
  Hypothesis t_transcendental : transcendental K eqv t.

  Lemma p_large : 1 < p.
  Proof. lia. Qed.

  (** t has the residue rho(1/D). *)
  Let P : place K eqv p := place_at_t K eqv laws t t_transcendental p (rho p q r (1 # D)) p_large.

  Lemma has_root n : has P (power_positive K t n) (rho p q r (Zpos n # D)).
  Proof.
    assert (A : forall x y n n', has P x (rho p q r (n # D)) -> has P y (rho p q r (n' # D)) ->
      has P (mul x y) (rho p q r (n + n' # D))).
    { intros x y a b X Y. rewrite rho_sum. eapply (has_congruent _ _ _ P); [| apply (has_mul _ _ _ P); [exact X | exact Y]].
      symmetry. apply Z.mod_mod. lia. }
    assert (T : has P t (rho p q r (1 # D))) by apply t_has_root.
    induction n as [n IH | n IH |]; cbn [power_positive]; [| | exact T].
    - replace (Zpos n~1) with (1 + (Zpos n + Zpos n)) by lia. auto.
    - replace (Zpos n~0) with (Zpos n + Zpos n) by lia. auto.
  Qed.

  Lemma has_residue x : forall a, residue x = Some a -> has P (value K t x) a.
  Proof.
    induction x as [z | n | x IHx y IHy | x IHx y IHy | x IHx]; intros a E; cbn [residue value] in *.
    - destruct (inverted (Zpos (Qden z))) as [i |] eqn:I; [| discriminate]. injection E as <-.
      apply (has_of_Q _ _ _ P), inverted_correct, I.
    - injection E as <-. assert (Z : rho p q r (0 # D) = 1).
      { rewrite <- (rho_zero p q r q_prime r_range r_root). apply (rho_well_defined p q r q_prime r_range r_root);
          [exact D_prime_to_q | apply rel_prime_1 | reflexivity]. }
      destruct n as [| n | n]; cbn [power_integer].
      + rewrite Z. apply (has_of_Q _ _ _ P 1 1). reflexivity.
      + apply has_root.
      + apply (has_inv _ _ _ P _ (rho p q r (Zpos n # D))); [| apply has_root].
        rewrite <- rho_sum, Z.add_opp_diag_r, Z, Z.mod_1_l by lia. reflexivity.
    - destruct (residue x), (residue y); try discriminate. injection E as <-. apply (has_add _ _ _ P); auto.
    - destruct (residue x), (residue y); try discriminate. injection E as <-. apply (has_mul _ _ _ P); auto.
    - destruct (residue x) as [b |]; [| discriminate]. apply (has_inv _ _ _ P _ b); [apply inverted_correct, E | auto].
  Qed.

  Theorem nonzero_by_residue x a : residue x = Some a -> a mod p <> 0 -> ~ eqv (value K t x) zero.
  Proof. intros E A. apply (has_nonzero _ _ _ P _ a A), has_residue, E. Qed.
End Residue.
